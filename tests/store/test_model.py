"""The store beside a model of a few lines: whatever is called in whatever order, both say the same."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal.errors import StoreError
from portal.store import CHUNK_SIZE, NewReply, Store, sqlite_url
from tests.store.helpers import chunks, identifier

DESKS = ["police", "ecpat"]
MONTHS = ["2029-12", "2030-01", "2030-02"]
NUMBERS = st.integers(0, 4)
CONTENTS = [b"", b"a", b"bb", bytes(CHUNK_SIZE + 1)]
WHICH = st.integers(0, 3)
"""Which of the contents: a number is shorter to show than a megabyte."""


class Model(RuleBasedStateMachine):
    """What the store promises, in dictionaries."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[bytes, bytes] = {}
        self.waiting: dict[bytes, set[str]] = {}
        self.replies: dict[bytes, tuple[bytes, str, bytes]] = {}
        self.taken: dict[str, set[bytes]] = {desk: set() for desk in DESKS}
        self.counter = dict.fromkeys(DESKS, 0)

    @rule(number=NUMBERS, which=WHICH, desks=st.lists(st.sampled_from(DESKS), min_size=1, max_size=3))
    def add(self, number: int, which: int, desks: list[str]) -> None:
        data = CONTENTS[which]
        new = identifier(number) not in self.items
        assert self.store.add_item(identifier(number), desks, len(data), [data]) is new
        if new:
            self.items[identifier(number)] = data
            self.waiting[identifier(number)] = set(desks)

    @rule(number=NUMBERS, which=WHICH, more=st.integers(1, 3))
    def add_of_a_wrong_size(self, number: int, which: int, more: int) -> None:
        data = CONTENTS[which]
        if identifier(number) in self.items:
            assert self.store.add_item(identifier(number), DESKS, len(data) + more, [data]) is False
        else:
            with pytest.raises(StoreError, match="did not come with"):
                self.store.add_item(identifier(number), DESKS, len(data) + more, [data])

    @rule(
        desk=st.sampled_from(DESKS),
        step=st.integers(-1, 2),
        claims=st.lists(st.tuples(NUMBERS, WHICH), max_size=6),
        replies=st.lists(st.tuples(NUMBERS, st.integers(0, 1)), max_size=4),
        month=st.sampled_from(MONTHS),
    )
    def pack(
        self, desk: str, step: int, claims: list[tuple[int, int]], replies: list[tuple[int, int]], month: str
    ) -> None:
        counter = max(1, self.counter[desk] + step)
        acknowledged = [(identifier(number), hashlib.sha256(CONTENTS[which]).digest()) for number, which in claims]
        new = [NewReply(identifier(n)[:16], identifier(locator), b"sealed %d" % locator) for n, locator in replies]
        result = self.store.apply_pack(desk, counter, "2030-01-01", acknowledged, new, month)
        assert result.applied is (counter > self.counter[desk])
        if not result.applied:
            return
        self.counter[desk] = counter
        for number, which in claims:
            if self.items.get(identifier(number)) == CONTENTS[which]:
                self.waiting[identifier(number)].discard(desk)
        for item_id in [one for one, desks in self.waiting.items() if not desks]:
            del self.items[item_id], self.waiting[item_id]
        before = set(self.taken[desk])
        for one in new:
            if one.id not in before:
                self.replies.setdefault(one.id, (one.locator, month, one.sealed))
                before.add(one.id)
        self.taken[desk] = {one.id for one in new}

    @rule(locator=st.integers(0, 1), numbers=st.lists(NUMBERS, max_size=3))
    def delete(self, locator: int, numbers: list[int]) -> None:
        named = {identifier(number)[:16] for number in numbers}
        gone = [one for one in named if one in self.replies and self.replies[one][0] == identifier(locator)]
        assert self.store.delete_replies(identifier(locator), list(named)) == len(gone)
        for one in gone:
            del self.replies[one]

    @rule(month=st.sampled_from(MONTHS))
    def tend(self, month: str) -> None:
        gone = [one for one, (_, expires, _) in self.replies.items() if expires < month]
        result = self.store.tend(month)
        assert result.replies_deleted == len(gone)
        assert result.rewritten
        for one in gone:
            del self.replies[one]

    @rule()
    def reopen(self) -> None:
        self.store.close()

    @invariant()
    def no_chunk_is_without_its_item(self) -> None:
        wanted = {one: -(-len(data) // CHUNK_SIZE) for one, data in self.items.items()}
        assert chunks(self.store) == {one: list(range(number)) for one, number in wanted.items()}

    @invariant()
    def both_say_the_same(self) -> None:
        for number in range(5):
            item_id = identifier(number)
            assert self.store.contains(item_id) is (item_id in self.items)
            if item_id in self.items:
                assert b"".join(self.store.read_item(item_id)) == self.items[item_id]
        for desk in DESKS:
            waits = sorted(one for one, desks in self.waiting.items() if desk in desks)
            assert [(item.id, item.size) for item in self.store.waiting(desk)] == [
                (one, len(self.items[one])) for one in waits
            ]
            assert self.store.taken(desk) == sorted(self.taken[desk])
            assert self.store.confirmed_pack(desk) == self.counter[desk]
        for locator in range(2):
            lie = sorted(one for one, reply in self.replies.items() if reply[0] == identifier(locator))
            found = self.store.replies(identifier(locator))
            assert [(one.id, one.expires_month, one.sealed) for one in found] == [
                (one, *self.replies[one][1:]) for one in lie
            ]


@pytest.fixture
def new_store(kind: str, sqlite_tables: Path, empty_postgres: Callable[[], str]) -> Iterator[Callable[[], Store]]:
    """Gives a store with nothing in it, as often as asked; on SQLite without the waits of a disk, where possible."""
    shared_memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as folder:

        def make() -> Store:
            if kind == "postgresql":
                return Store(empty_postgres())
            path = Path(tempfile.mkdtemp(dir=folder)) / "portal.db"
            shutil.copy(sqlite_tables, path)
            return Store(sqlite_url(path))

        yield make


def test_the_store_does_what_the_model_does(new_store: Callable[[], Store]) -> None:
    class OnThisDatabase(Model):
        @initialize()
        def open(self) -> None:
            self.store = new_store()

        def teardown(self) -> None:
            self.store.close()

    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=10, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
