"""The contract of `Store`, the same on both databases."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from portal.errors import StoreError, WentBack
from portal.store import CHUNK_SIZE, NewReply, PackResult, Store, StoredReply, WaitingItem, packs
from tests.store.helpers import MIB, add, answer, claim, content, identifier, ids, line, process
from tests.store.helpers import go as let_go

DAY = "2030-05-17"
MONTH = "2031-05"


def never() -> Iterator[bytes]:
    pytest.fail("The blocks of an item that is there were read.")
    yield b""


class TestContract:
    # Items

    def test_an_item_comes_back_and_waits_for_each_of_its_desks(self, store: Store) -> None:
        assert not store.contains(identifier(1))
        data = add(store, 1, ["police", "ecpat", "police"], 66_000)
        assert store.contains(identifier(1))
        assert b"".join(store.read_item(identifier(1))) == data
        assert store.waiting("police") == store.waiting("ecpat") == [WaitingItem(identifier(1), 66_000)]
        assert store.waiting("stopline") == []

    def test_items_wait_in_the_order_of_ids(self, store: Store) -> None:
        for number in range(20):
            add(store, number)
        assert ids(store) == sorted(identifier(number) for number in range(20))
        assert [one.id for one in store.waiting("police", 3)] == ids(store)[:3]

    def test_a_second_time_changes_nothing_and_reads_no_block(self, store: Store) -> None:
        data = add(store, 1)
        assert store.add_item(identifier(1), ["ecpat"], 5, never()) is False
        assert b"".join(store.read_item(identifier(1))) == data
        assert ids(store, "ecpat") == []

    @pytest.mark.parametrize(
        "sizes",
        [
            [],
            [0, 1, 0],
            [CHUNK_SIZE],
            [CHUNK_SIZE - 1, 2],
            [1] * 100,
            [2 * CHUNK_SIZE, 1],
            [3 * CHUNK_SIZE + 5, CHUNK_SIZE - 5],
        ],
    )
    def test_blocks_of_any_sizes_are_cut_into_chunks(self, store: Store, sizes: list[int]) -> None:
        blocks = [content(number, size) for number, size in enumerate(sizes)]
        assert store.add_item(identifier(1), ["police"], sum(sizes), iter(blocks))
        pieces = list(store.read_item(identifier(1)))
        assert b"".join(pieces) == b"".join(blocks)
        assert all(len(piece) == CHUNK_SIZE for piece in pieces[:-1])

    @pytest.mark.parametrize("given", [0, 999, 1001, 3 * MIB])
    def test_another_size_than_announced_stores_nothing(self, store: Store, given: int) -> None:
        with pytest.raises(StoreError, match="with 1000 bytes"):
            store.add_item(identifier(1), ["police"], 1000, [bytes(given)])
        assert not store.contains(identifier(1))
        assert ids(store) == []
        add(store, 1)

    def test_blocks_that_fail_store_nothing(self, store: Store) -> None:
        def blocks() -> Iterator[bytes]:
            yield bytes(2 * MIB)
            raise OSError("the spool is gone")

        with pytest.raises(OSError, match="the spool is gone"):
            store.add_item(identifier(1), ["police"], 4 * MIB, blocks())
        assert not store.contains(identifier(1))
        add(store, 1)

    def test_an_item_without_a_desk_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="at least one desk"):
            store.add_item(identifier(1), [], 0, never())

    def test_an_item_with_more_chunks_than_have_a_number_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="64 GiB"):
            store.add_item(identifier(1), ["police"], 2**16 * CHUNK_SIZE + 1, never())

    def test_an_id_of_another_size_is_refused(self, store: Store) -> None:
        with pytest.raises(StoreError, match="refused a value"):
            store.add_item(b"short", ["police"], 1, [b"x"])

    def test_reading_an_unknown_item_says_so(self, store: Store) -> None:
        with pytest.raises(StoreError, match="no longer in the database"):
            list(store.read_item(identifier(1)))

    def test_an_item_that_goes_while_it_is_read_is_not_taken_for_whole(self, store: Store) -> None:
        add(store, 1, size=3 * MIB)
        pieces = store.read_item(identifier(1))
        next(pieces)
        store.apply_pack("police", 1, DAY, [claim(1, 3 * MIB)], [], MONTH)
        with pytest.raises(StoreError, match="no longer in the database"):
            list(pieces)

    def test_reading_holds_no_transaction(self, store: Store) -> None:
        add(store, 1, size=3 * MIB)
        pieces = store.read_item(identifier(1))
        next(pieces)
        # Would wait for the reader if it held anything.
        assert store.tend("2030-01", seconds=20).rewritten
        assert len(b"".join(pieces)) == 2 * MIB

    # At the same instant

    def test_one_of_many_threads_adds_the_item(self, store: Store) -> None:
        barrier = threading.Barrier(24)

        def one(_: int) -> bool:
            barrier.wait()
            return store.add_item(identifier(1), ["police"], 66_000, [content(1, 66_000)])

        with ThreadPoolExecutor(24) as pool:
            assert sorted(pool.map(one, range(24))) == [False] * 23 + [True]
        assert b"".join(store.read_item(identifier(1))) == content(1, 66_000)
        assert ids(store) == [identifier(1)]

    def test_one_of_two_processes_adds_the_item(self, store: Store, url: str) -> None:
        with process("race", url) as first, process("race", url) as second:
            assert line(first) == line(second) == "ready"
            let_go(first)
            let_go(second)
            assert sorted([line(first), line(second)]) == ["False", "True"]
        assert ids(store) == [identifier(1)]

    def test_the_second_stores_the_item_if_the_first_fails(self, store: Store) -> None:
        inside, on = threading.Event(), threading.Event()

        def failing() -> Iterator[bytes]:
            yield bytes(MIB)
            inside.set()
            on.wait()
            raise OSError("the spool is gone")

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(store.add_item, identifier(1), ["police"], 2 * MIB, failing())
            inside.wait()
            second = pool.submit(store.add_item, identifier(1), ["police"], 1, [b"x"])
            on.set()
            assert isinstance(first.exception(), OSError)
            assert second.result() is True

    def test_24_threads_store_and_read_different_items(self, store: Store) -> None:
        def one(number: int) -> bool:
            data = add(store, number, size=66_000)
            return b"".join(store.read_item(identifier(number))) == data and len(ids(store)) > 0

        with ThreadPoolExecutor(24) as pool:
            assert all(pool.map(one, range(96)))
        assert len(ids(store)) == 96

    # Packs

    def test_an_item_leaves_with_the_last_desk_that_acknowledges_it(self, store: Store) -> None:
        add(store, 1, ["police", "ecpat"])
        result = store.apply_pack("police", 1, DAY, [claim(1)], [], MONTH)
        assert result == PackResult(applied=True, acknowledged=1)
        assert ids(store, "police") == []
        assert ids(store, "ecpat") == [identifier(1)]
        assert store.contains(identifier(1))
        result = store.apply_pack("ecpat", 1, DAY, [claim(1)], [], MONTH)
        assert result == PackResult(applied=True, acknowledged=1, deleted=1)
        assert not store.contains(identifier(1))

    def test_large_and_small_items_leave_together(self, store: Store) -> None:
        sizes = {number: 40 * MIB if number == 3 else 1000 + number for number in range(10)}
        for number, size in sizes.items():
            add(store, number, size=size)
        claims = [claim(number, size) for number, size in sizes.items() if number != 5]
        result = store.apply_pack("police", 1, DAY, claims, [], MONTH)
        assert result == PackResult(applied=True, acknowledged=9, deleted=9)
        assert ids(store) == [identifier(5)]
        assert b"".join(store.read_item(identifier(5))) == content(5, 1005)

    def test_wrong_and_unknown_acknowledgements_are_counted_and_change_nothing(self, store: Store) -> None:
        add(store, 1)
        add(store, 2, ["ecpat"])
        add(store, 3)
        hostile = [
            (identifier(1), claim(3)[1]),
            (identifier(1), b""),
            claim(2),
            (identifier(9), claim(1)[1]),
            (b"", b""),
            (bytes(1000), bytes(32)),
        ]
        result = store.apply_pack("police", 1, DAY, hostile, [], MONTH)
        assert result == PackResult(applied=True, mismatched=1, unknown=4)
        assert set(ids(store)) == {identifier(1), identifier(3)}
        assert ids(store, "ecpat") == [identifier(2)]

    def test_the_same_acknowledgement_twice_in_a_pack_counts_once(self, store: Store) -> None:
        add(store, 1)
        result = store.apply_pack("police", 1, DAY, [claim(1), (identifier(1), bytes(32)), claim(1)], [], MONTH)
        assert result == PackResult(applied=True, acknowledged=1, deleted=1)

    @pytest.mark.parametrize(("rows", "size"), [(1, 10), (7, 10), (10, 10), (11, 10), (500, 12), (500, 25)])
    def test_a_pack_of_many_transactions(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, rows: int, size: int
    ) -> None:
        monkeypatch.setattr(packs, "BATCH_ROWS", rows)
        monkeypatch.setattr(packs, "READ_BYTES", 25)
        monkeypatch.setattr(packs, "SWEEP_BYTES", 25)
        for number in range(10):
            add(store, number, size=size)
        result = store.apply_pack("police", 1, DAY, [claim(number, size) for number in range(10)], [], MONTH)
        assert result == PackResult(applied=True, acknowledged=10, deleted=10)
        assert ids(store) == []

    @pytest.mark.parametrize("counter", [1, 6, 7])
    def test_an_older_or_equal_pack_changes_nothing(self, store: Store, counter: int) -> None:
        store.apply_pack("police", 7, DAY, [], [answer(1)], MONTH)
        add(store, 1)
        result = store.apply_pack("police", counter, "2030-06-01", [claim(1)], [answer(2)], MONTH)
        assert result == PackResult(applied=False)
        assert ids(store) == [identifier(1)]
        assert store.taken("police") == [answer(1).id]
        assert [reply.id for reply in store.replies(identifier(0))] == [answer(1).id]
        assert store.confirmed_pack("police") == 7
        assert store.collected() == {"police": date(2030, 5, 17)}

    @pytest.mark.parametrize(("seen", "following"), [(0, 3), (2, 3), (40, 41)])
    def test_a_pack_that_builds_on_one_that_is_not_known_changes_nothing(
        self, store: Store, seen: int, following: int
    ) -> None:
        for _ in range(2):
            store.next_bundle_counter("police")
        store.apply_pack("police", 7, DAY, [], [answer(1)], MONTH)
        add(store, 1)
        with pytest.raises(WentBack, match="took pack 8 of police once"):
            store.apply_pack("police", 9, "2030-06-01", [claim(1)], [answer(2)], MONTH, confirmed=8, seen=seen)
        assert ids(store) == [identifier(1)]
        assert store.taken("police") == [answer(1).id]
        assert (store.confirmed_pack("police"), store.confirmed_pack("ecpat")) == (7, 0)
        assert store.collected() == {"police": date(2030, 5, 17)}
        assert store.next_bundle_counter("police") == following
        assert store.next_bundle_counter("ecpat") == 1
        assert store.apply_pack("police", 9, DAY, [claim(1)], [answer(2)], MONTH, confirmed=7, seen=following).applied

    def test_counters_and_days_are_those_of_each_desk(self, store: Store) -> None:
        assert store.confirmed_pack("police") == 0
        assert store.collected() == {}
        store.apply_pack("police", 3, DAY, [], [], MONTH)
        store.apply_pack("ecpat", 2, "2030-06-01", [], [], MONTH)
        store.apply_pack("police", 2**63 - 1, "2030-07-01", [], [], MONTH)
        assert store.confirmed_pack("police") == 2**63 - 1
        assert store.confirmed_pack("ecpat") == 2
        assert store.collected() == {"police": date(2030, 7, 1), "ecpat": date(2030, 6, 1)}

    @pytest.mark.parametrize("counter", [-1, 0, 2**63, 10**40])
    def test_a_counter_out_of_range_is_refused(self, store: Store, counter: int) -> None:
        with pytest.raises(StoreError, match="counter is out of range"):
            store.apply_pack("police", counter, DAY, [], [], MONTH)

    def test_replies_are_delivered_once_however_often_a_pack_repeats_them(self, store: Store) -> None:
        first, second = answer(1), answer(2)
        assert store.apply_pack("police", 1, DAY, [], [first], MONTH) == PackResult(applied=True, stored=1)
        assert store.replies(identifier(0)) == [StoredReply(first.id, MONTH, b"sealed 1")]
        assert store.delete_replies(identifier(0), [first.id]) == 1
        assert store.apply_pack("police", 2, DAY, [], [first, second], MONTH) == PackResult(True, stored=1, known=1)
        assert [reply.id for reply in store.replies(identifier(0))] == [second.id]
        assert store.taken("police") == sorted([first.id, second.id])

    def test_taken_is_what_the_last_pack_brought(self, store: Store) -> None:
        store.apply_pack("ecpat", 1, DAY, [], [answer(9)], MONTH)
        store.apply_pack("police", 1, DAY, [], [answer(1), answer(2)], MONTH)
        store.apply_pack("police", 2, DAY, [], [answer(2), answer(3)], MONTH)
        assert store.taken("police") == sorted([answer(2).id, answer(3).id])
        assert store.taken("ecpat") == [answer(9).id]
        assert len(store.replies(identifier(0))) == 4

    def test_a_reply_id_that_is_there_already_does_not_replace_the_reply(self, store: Store) -> None:
        store.apply_pack("police", 1, DAY, [], [answer(1, sealed=b"from the police")], MONTH)
        result = store.apply_pack("ecpat", 1, DAY, [], [answer(1, 5, b"stolen id"), answer(1, 6, b"twice")], MONTH)
        assert result == PackResult(applied=True, known=2)
        assert [reply.sealed for reply in store.replies(identifier(0))] == [b"from the police"]
        assert store.replies(identifier(5)) == store.replies(identifier(6)) == []

    @pytest.mark.parametrize("bad", [NewReply(bytes(15), bytes(32), b"x"), NewReply(bytes(16), bytes(31), b"x")])
    def test_a_reply_of_wrong_sizes_delivers_none_and_the_pack_can_be_mended(self, store: Store, bad: NewReply) -> None:
        add(store, 1)
        with pytest.raises(StoreError, match="refused a value"):
            store.apply_pack("police", 1, DAY, [claim(1)], [answer(1), bad], MONTH)
        assert store.replies(identifier(0)) == []
        assert store.taken("police") == []
        assert store.confirmed_pack("police") == 0
        assert store.apply_pack("police", 1, DAY, [claim(1)], [answer(1)], MONTH).stored == 1

    def test_replies_that_cannot_be_read_leave_the_pack_new(self, store: Store) -> None:
        def cut_short() -> Iterator[NewReply]:
            yield answer(1)
            raise OSError("the stick was pulled")

        with pytest.raises(OSError, match="the stick was pulled"):
            store.apply_pack("police", 1, DAY, [], cut_short(), MONTH)
        assert store.replies(identifier(0)) == []
        assert store.confirmed_pack("police") == 0

    def test_two_packs_of_two_desks_at_once_leave_no_item_to_nobody(self, store: Store) -> None:
        for number in range(30):
            add(store, number, ["police", "ecpat"])
        claims = [claim(number) for number in range(30)]
        with ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda desk: store.apply_pack(desk, 1, DAY, claims, [], MONTH), ["police", "ecpat"])
            assert sum(result.deleted for result in results) == 30
        assert not any(store.contains(identifier(number)) for number in range(30))

    def test_one_pack_at_once_twice_is_applied_once(self, store: Store) -> None:
        for number in range(10):
            add(store, number)
        claims = [claim(number) for number in range(10)]
        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(store.apply_pack, "police", 1, DAY, claims, [answer(1)], MONTH) for _ in range(2)]
            results = [call.result() for call in calls]
        assert sorted(result.applied for result in results) == [False, True]
        assert sum(result.stored for result in results) == 1
        assert ids(store) == []

    # Replies

    def test_replies_come_by_locator_in_the_order_of_ids(self, store: Store) -> None:
        store.apply_pack("police", 1, DAY, [], [answer(number, number % 2) for number in range(10)], MONTH)
        for locator in (0, 1):
            found = [reply.id for reply in store.replies(identifier(locator))]
            assert found == sorted(answer(number).id for number in range(10) if number % 2 == locator)
        assert store.replies(identifier(2)) == []

    def test_only_the_named_replies_of_the_locator_are_deleted(self, store: Store) -> None:
        store.apply_pack("police", 1, DAY, [], [answer(1), answer(2), answer(3, 7)], MONTH)
        wanted = [answer(1).id, answer(1).id, answer(3).id, bytes(16), b""]
        assert store.delete_replies(identifier(0), wanted) == 1
        assert [reply.id for reply in store.replies(identifier(0))] == [answer(2).id]
        assert len(store.replies(identifier(7))) == 1
        assert store.delete_replies(identifier(0), []) == 0

    def test_tend_deletes_what_expired_before_the_month(self, store: Store) -> None:
        for counter, month in enumerate(["2029-12", "2030-01", "2030-02"], 1):
            store.apply_pack("police", counter, DAY, [], [answer(counter)], month)
        assert store.tend("2030-01").replies_deleted == 1
        assert sorted(reply.expires_month for reply in store.replies(identifier(0))) == ["2030-01", "2030-02"]

    @pytest.mark.parametrize("month", ["", "9", "2030-13", "2030-1", "2030-01-01", "2030-01\n", "٢٠٣٠-01"])
    def test_what_is_no_month_is_refused(self, store: Store, month: str) -> None:
        store.apply_pack("police", 1, DAY, [], [answer(1)], MONTH)
        with pytest.raises(ValueError, match="YYYY-MM"):
            store.tend(month)
        with pytest.raises(ValueError, match="YYYY-MM"):
            store.apply_pack("police", 2, DAY, [], [], month)
        assert len(store.replies(identifier(0))) == 1

    # Bundles

    def test_bundle_counters_grow_for_each_desk_and_last(self, store: Store, url: str) -> None:
        assert [store.next_bundle_counter("police") for _ in range(3)] == [1, 2, 3]
        assert store.next_bundle_counter("ecpat") == 1
        assert store.collected() == {}
        assert store.confirmed_pack("police") == 0
        store.apply_pack("police", 5, DAY, [], [], MONTH)
        other = Store(url)
        assert other.next_bundle_counter("police") == 4
        assert other.confirmed_pack("police") == 5
        other.close()

    def test_threads_never_get_the_same_bundle_counter(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(store.next_bundle_counter, ["police"] * 40)) == list(range(1, 41))

    # All of it

    def test_everything_survives_closing_and_tending(self, store: Store, url: str) -> None:
        for number in range(5):
            add(store, number, ["police", "ecpat"], size=2 * MIB + number)
        store.apply_pack("police", 4, DAY, [claim(0, 2 * MIB)], [answer(1)], MONTH)
        store.next_bundle_counter("police")
        assert store.tend("2030-01").rewritten
        store.close()
        again = Store(url)
        again.check_schema()
        assert set(ids(again)) == {identifier(number) for number in range(1, 5)}
        for number in range(5):
            digest = hashlib.sha256(b"".join(again.read_item(identifier(number)))).digest()
            assert digest == claim(number, 2 * MIB + number)[1]
        assert again.taken("police") == [answer(1).id]
        assert again.confirmed_pack("police") == 4
        assert again.next_bundle_counter("police") == 2
        assert again.collected() == {"police": date(2030, 5, 17)}
        assert [reply.sealed for reply in again.replies(identifier(0))] == [b"sealed 1"]
        again.close()
