"""Where chunks lie: each item's by themselves, whatever places its neighbours have."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import StoreError
from portal.store import Store, packs, places
from portal.store import store as store_module
from portal.store.places import CHUNKS_MAX, ITEM_SIZE_MAX, PLACE_BITS, chunk_place, item_place
from tests.store.helpers import MIB, add, chunks, claim, content, identifier, ids

LAST = 2**PLACE_BITS - 1


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, int]:
    """The places of items at the first attempt, by id; the others have their own."""
    given: dict[bytes, int] = {}

    def place(item_id: bytes, attempt: int) -> int:
        return given[item_id] if attempt == 0 and item_id in given else item_place(item_id, attempt)

    monkeypatch.setattr(store_module, "item_place", place)
    return given


def pack(store: Store, *numbers: int, size: int, counter: int = 1) -> int:
    claims = [claim(number, size) for number in numbers]
    return store.apply_pack("police", counter, "2030-01-01", claims, [], "2031-01").deleted


def test_a_known_place() -> None:
    digest = hashlib.sha256(b"place" + bytes(32) + bytes(7) + b"\x03").digest()
    assert item_place(bytes(32), 3) == int.from_bytes(digest, "big") >> (256 - 47)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 3), st.sampled_from([0, 1, CHUNKS_MAX - 1]))
def test_a_key_says_its_place_and_number_in_63_bits(item_id: bytes, attempt: int, number: int) -> None:
    place = item_place(item_id, attempt)
    assert 0 <= place <= LAST
    assert divmod(chunk_place(place, number), CHUNKS_MAX) == (place, number)
    assert chunk_place(place, number) <= chunk_place(LAST, CHUNKS_MAX - 1) == 2**63 - 1
    assert item_place(item_id, attempt + 1) != place


def test_the_largest_item_has_a_number_for_each_chunk() -> None:
    assert -(-ITEM_SIZE_MAX // places.CHUNK_SIZE) == CHUNKS_MAX


def test_the_first_and_the_last_place_can_be_used(store: Store, give: dict[bytes, int]) -> None:
    give[identifier(1)] = LAST
    give[identifier(2)] = 0
    for number in (1, 2):
        add(store, number, size=2 * MIB + 1)
    for number in (1, 2):
        assert b"".join(store.read_item(identifier(number))) == content(number, 2 * MIB + 1)
    assert pack(store, 1, 2, size=2 * MIB + 1) == 2
    assert chunks(store) == {}


def test_another_item_at_the_place_is_left_alone(store: Store, give: dict[bytes, int]) -> None:
    give.update({identifier(number): 5 for number in (1, 2, 3)})
    for number in (1, 2, 3):
        add(store, number, size=MIB + number)
    assert store.add_item(identifier(2), ["police"], 1, [b"x"]) is False
    for number in (1, 2, 3):
        assert b"".join(store.read_item(identifier(number))) == content(number, MIB + number)
    assert pack(store, 1, size=MIB + 1) == 1
    # The place is free again.
    give[identifier(4)] = 5
    add(store, 4, size=MIB + 4)
    for number in (2, 3, 4):
        assert b"".join(store.read_item(identifier(number))) == content(number, MIB + number)
    assert chunks(store) == {identifier(number): [0, 1] for number in (2, 3, 4)}


def test_two_items_come_to_one_place_at_once(store: Store, give: dict[bytes, int]) -> None:
    give.update({identifier(number): 5 for number in range(8)})
    barrier = threading.Barrier(16)

    def one(thread: int) -> bool:
        barrier.wait()
        number = thread % 8
        return store.add_item(identifier(number), ["police"], 66_000, [content(number, 66_000)])

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(one, range(16))) == [False] * 8 + [True] * 8
    for number in range(8):
        assert b"".join(store.read_item(identifier(number))) == content(number, 66_000)


@pytest.mark.parametrize(("rows", "size_limit"), [(1, 16 * MIB), (3, 16 * MIB), (500, MIB), (500, 16 * MIB)])
def test_a_sweep_takes_the_chunks_of_its_items_and_no_others(
    store: Store, give: dict[bytes, int], monkeypatch: pytest.MonkeyPatch, rows: int, size_limit: int
) -> None:
    monkeypatch.setattr(packs, "BATCH_ROWS", rows)
    monkeypatch.setattr(packs, "SWEEP_BYTES", size_limit)
    size = 3 * MIB + 1
    # Side by side; what goes lies between what stays.
    for number in range(5):
        give[identifier(number)] = 100 + number
        add(store, number, size=size)
    add(store, 7, size=0)
    assert pack(store, 1, 3, size=size) == 2
    kept = [0, 2, 4]
    assert chunks(store) == {**{identifier(number): [0, 1, 2, 3] for number in kept}, identifier(7): []}
    for number in kept:
        assert b"".join(store.read_item(identifier(number))) == content(number, size)
    assert pack(store, 7, size=0, counter=2) == 1
    assert set(ids(store)) == {identifier(number) for number in kept}


def test_what_goes_on_after_its_size_reaches_no_other_place(store: Store) -> None:
    given = iter([bytes(MIB)] * 3)
    with pytest.raises(StoreError, match="did not come with"):
        store.add_item(identifier(1), ["police"], MIB, given)
    # No more is read than shows the fault.
    assert len(list(given)) == 1
    assert chunks(store) == {}
