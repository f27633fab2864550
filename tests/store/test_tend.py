"""`tend`: what the files show afterwards, and what goes on beside it."""

import os
import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from portal.store import Store, sqlite_url
from portal.store.places import item_place
from portal.store.schema import metadata
from tests.postgres import Server
from tests.proofs.remains import relations
from tests.store.helpers import MIB, add, answer, claim, content, identifier, ids, read_outside

HEADER_SIZE = 100
"""Bytes at the beginning of a SQLite file (https://www.sqlite.org/fileformat.html#the_database_header)."""

COUNTS = (slice(24, 28), slice(40, 44), slice(92, 96))
"""Where it would count: what was written, what was changed in the tables, and the first again."""

MARK = 40
"""Bytes by which a content is recognised in a file: more than chance gives, less than a page or a TOAST row."""


def size_of(number: int) -> int:
    return MIB + 5000 if number % 12 == 0 else 66_000


def fill(store: Store, arrival: Iterable[int]) -> None:
    """Stores items and replies, and deletes some, in this order; item 4 and reply 4 are gone in the end."""
    for number in arrival:
        add(store, number, ["police", "ecpat"], size=size_of(number))
        replies = [answer(number, number, content(number, 3000))]
        counter = store.confirmed_pack("stopline") + 1
        store.apply_pack("stopline", counter, "2030-01-01", [], replies, "2031-01")
    replies = [answer(100 + number, number) for number in range(36)]
    store.apply_pack("police", 1, "2030-01-01", [claim(4, size_of(4))], replies, "2031-01")
    store.apply_pack("ecpat", 1, "2030-01-01", [claim(4, size_of(4))], [], "2031-01")
    store.apply_pack("stopline", 100, "2030-01-01", [], [answer(200)], "2031-01")
    store.delete_replies(identifier(4), [answer(4).id])


def is_ascending(values: Iterable[Any]) -> bool:
    found = list(values)
    return found == sorted(found)


class TestOrderInSQLite:
    """Reads the file itself."""

    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    def contents(self, path: Path) -> list[int]:
        """The places of most items in the order in which their contents lie in the file."""
        data = read_outside(path)
        places = {}
        for number in range(36):
            middle = size_of(number) // 2
            mark = content(number, size_of(number))[middle : middle + MARK]
            # What the end of a page cuts is not found.
            if mark in data:
                assert data.count(mark) == 1
                places[data.index(mark)] = item_place(identifier(number), 0)
        assert len(places) > 30
        return [places[place] for place in sorted(places)]

    def test_no_order_of_arrival_is_left(self, store: Store, path: Path) -> None:
        fill(store, range(36))
        assert not is_ascending(self.contents(path))
        assert store.tend("2030-01").rewritten
        assert is_ascending(self.contents(path))
        assert path.with_name(path.name + "-journal").stat().st_size == 0

    def test_the_file_is_the_same_whatever_came_first(self, path: Path, sqlite_tables: Path) -> None:
        files = []
        for arrival in (range(36), reversed(range(36)), random.Random(1).sample(range(36), 36)):
            path.write_bytes(sqlite_tables.read_bytes())
            store = Store(sqlite_url(path))
            fill(store, arrival)
            store.tend("2030-01")
            store.close()
            file = bytearray(read_outside(path))
            for count in COUNTS:
                file[count] = bytes(4)
            files.append(file)
        assert files[0] == files[1] == files[2]

    def test_the_header_counts_no_writes(self, store: Store, path: Path) -> None:
        fill(store, range(3))
        seen = []
        for _ in range(2):
            store.tend("2030-01")
            header = read_outside(path)[:HEADER_SIZE]
            seen += [int.from_bytes(header[count]) for count in COUNTS[:2]]
            assert header[COUNTS[0]] == header[COUNTS[2]]
        # Four random numbers: one below a million in every four thousand, all of them never.
        assert max(seen) > 1_000_000
        assert len(set(seen)) == 4

    @pytest.mark.parametrize("parts", [COUNTS[:1], COUNTS[1:2], COUNTS[2:], COUNTS[:2], COUNTS[1:]])
    def test_a_header_that_was_written_in_part_does_no_harm(
        self, path: Path, sqlite_tables: Path, parts: tuple[slice, ...]
    ) -> None:
        path.write_bytes(sqlite_tables.read_bytes())
        store = Store(sqlite_url(path))
        for number in range(5):
            add(store, number, size=66_000)
        store.tend("2030-01")
        store.close()
        file = bytearray(path.read_bytes())
        for part in parts:
            file[part] = os.urandom(4)
        path.write_bytes(file)
        add(store, 5, size=66_000)
        with store._read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        for number in range(6):
            assert b"".join(store.read_item(identifier(number))) == content(number, 66_000)
        store.close()

    def test_connections_from_before_see_what_it_moved(self, store: Store, url: str) -> None:
        other = Store(url)
        for number in range(20):
            add(store, number, size=66_000)
        for number in range(0, 20, 2):
            # Both hold pages of the file in memory when one of them rewrites it.
            assert len(ids(store)) == len(ids(other)) == 20 - number // 2
            tending, working = (store, other) if number % 4 else (other, store)
            assert tending.tend("2030-01").rewritten
            claims = [claim(number, 66_000)]
            assert working.apply_pack("police", number + 1, "2030-01-01", claims, [], "2031-01").deleted == 1
            for kept in range(1, 20, 2):
                assert b"".join(tending.read_item(identifier(kept))) == content(kept, 66_000)
        other.close()
        with store._read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"

    def test_the_temporary_file_lies_on_the_state_volume(
        self, store: Store, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        for name in ("TMPDIR", "SQLITE_TMPDIR"):
            monkeypatch.setenv(name, str(elsewhere))
        add(store, 1, size=64 * MIB)
        seen: set[str] = set()
        with ThreadPoolExecutor(1) as pool:
            tending = pool.submit(store.tend, "2030-01")
            while not tending.done():
                seen |= temporary_files_of_children()
            assert tending.result().rewritten
        assert {os.path.dirname(name) for name in seen} == {str(path.parent)}


def temporary_files_of_children() -> set[str]:
    """SQLite's temporary files that are open in this process' children, where they were made."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                links = [os.readlink(link) for link in Path(f"/proc/{child}/fd").iterdir()]
            except OSError:  # It has ended.
                continue
            found |= {link.removesuffix(" (deleted)") for link in links if "/etilqs_" in link}
    return found


class TestOrderInPostgreSQL:
    """Asks the server for the places of rows, and for the transactions that brought them."""

    @pytest.fixture
    def kind(self) -> str:
        return "postgresql"

    def test_no_order_of_arrival_is_left(self, store: Store, url: str) -> None:
        fill(store, range(36))
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            before = connection.execute("SELECT id FROM item ORDER BY ctid").fetchall()
            assert not is_ascending(row[0] for row in before)
            assert store.tend("2030-01").rewritten
            transactions = set()
            for table in metadata.tables.values():
                keys = ", ".join(column.name for column in table.primary_key)
                rows = connection.execute(f"SELECT {keys} FROM {table.name} ORDER BY ctid").fetchall()
                assert rows
                assert rows == sorted(rows)
                transactions |= set(connection.execute(f"SELECT DISTINCT xmin::text FROM {table.name}").fetchall())
            assert len(transactions) == 1
            assert len(before) == connection.execute("SELECT count(*) FROM item").fetchone()[0]  # type: ignore[index]

    def test_long_values_lie_in_the_same_order(self, store: Store, url: str) -> None:
        # A long value lies in pieces in a table of its own, under a number that the server counts up.
        fill(store, range(36))
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            store.tend("2030-01")
            query = "SELECT reltoastrelid::regclass FROM pg_class WHERE relname = 'chunk'"
            toast = connection.execute(query).fetchone()
            assert toast
            pieces = f"FROM {toast[0]} WHERE chunk_seq = 0 ORDER BY"
            by_number = [row[0] for row in connection.execute(f"SELECT chunk_data {pieces} chunk_id").fetchall()]
            by_place = [row[0] for row in connection.execute(f"SELECT chunk_data {pieces} ctid").fetchall()]
            keys = connection.execute("SELECT substr(data, 1, 100) FROM chunk ORDER BY place").fetchall()
            assert by_number == by_place
            assert [piece[:100] for piece in by_number] == [key[0] for key in keys]
            assert len(set(by_number)) > 30

    def test_the_catalogue_keeps_no_value_of_a_row(self, store: Store, url: str) -> None:
        sampled = (
            "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        storage = "SELECT attname FROM pg_attribute WHERE attrelid IN ('chunk'::regclass, 'reply'::regclass)"
        storage += " AND attnum > 0 AND attstorage = 'e' ORDER BY 1"
        fill(store, range(12))
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("ANALYZE")
            assert connection.execute(sampled).fetchall() == []
            # As if the tables were made by a portal that did not look to that.
            for table in metadata.tables.values():
                for column in table.columns:
                    connection.execute(f"ALTER TABLE {table.name} ALTER COLUMN {column.name} SET STATISTICS -1")
            connection.execute("ANALYZE")
            assert ("reply", "locator") in connection.execute(sampled).fetchall()
            assert store.tend("2030-01").rewritten
            connection.execute("ANALYZE")
            assert connection.execute(sampled).fetchall() == []
            assert connection.execute(storage).fetchall() == [("data",), ("sealed",)]
        assert b"".join(store.read_item(identifier(5))) == content(5, size_of(5))

    def test_what_is_read_afterwards_leaves_no_trace(self, store: Store, url: str, postgres: Server) -> None:
        fill(store, range(12))
        store.tend("2030-01")
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            before = relations.read(connection, postgres.folder / "data")
            assert len(store.replies(identifier(5))) == 2
            assert b"".join(store.read_item(identifier(5))) == content(5, size_of(5))
            after = relations.read(connection, postgres.folder / "data")
        assert before.differences(after) == []
        assert len(before.pages) > 100

    @pytest.mark.parametrize("allowed", [True, False])
    def test_counts_of_the_server_begin_anew_where_the_user_may(self, postgres: Server, allowed: bool) -> None:
        url = postgres.new_database()
        role = f"counting_{allowed}".lower()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {role} LOGIN")
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {role}")
            if allowed:
                # As docs/operations.md says.
                connection.execute(f"GRANT EXECUTE ON FUNCTION pg_stat_reset_single_table_counters(oid) TO {role}")
        store = Store(url.replace("portal@", f"{role}@"))
        store.create()
        for number in range(9):
            add(store, number)
        assert store.tend("2030-01").rewritten
        store.close()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            counted = connection.execute(
                "SELECT sum(n_tup_ins) FROM pg_stat_user_tables WHERE relname = 'item'"
            ).fetchone()
        assert counted == (0 if allowed else 18,)

    def test_the_log_keeps_nothing_of_what_came_before(self, store: Store, postgres: Server) -> None:
        log = postgres.folder / "data" / "pg_wal"
        # No other test of this server uses this number.
        add(store, 881)
        assert identifier(881) in read_outside(*log.glob("0*"))
        store.tend("2030-01")
        assert ids(store) == [identifier(881)]
        assert identifier(881) not in read_outside(*log.glob("0*"))

    def test_a_user_without_the_right_to_checkpoint_can_tend(self, postgres: Server) -> None:
        url = postgres.new_database()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN")
            connection.execute("GRANT CREATE ON SCHEMA public TO plain")
        store = Store(url.replace("portal@", "plain@"))
        store.create()
        add(store, 1)
        assert store.tend("2030-01").rewritten
        assert len(ids(store)) == 1
        store.close()


class TestDeletedBytes:
    def files(self, folder: Path) -> bytes:
        return read_outside(*(file for file in folder.rglob("*") if file.is_file()))

    def test_sqlite_overwrites_them_at_once(self, path: Path, sqlite_tables: Path) -> None:
        path.write_bytes(sqlite_tables.read_bytes())
        store = Store(sqlite_url(path))
        marks = [content(number, 3 * MIB)[place : place + MARK] for number in (1, 2) for place in (50, 2 * MIB + 50)]
        reply_mark = content(7, 3000)[50 : 50 + MARK]
        for number in range(4):
            add(store, number, size=3 * MIB)
        store.apply_pack("police", 1, "2030-01-01", [], [answer(7, 0, content(7, 3000)), answer(8)], "2031-01")
        before = self.files(path.parent)
        assert all(mark in before for mark in [*marks, reply_mark])
        claims = [claim(number, 3 * MIB) for number in (1, 2)]
        assert store.apply_pack("police", 2, "2030-01-01", claims, [], "2031-01").deleted == 2
        assert store.delete_replies(identifier(0), [answer(7).id]) == 1
        after = self.files(path.parent)
        assert not any(mark in after for mark in [*marks, reply_mark])
        assert not any(identifier(number) in after for number in (1, 2))
        store.tend("2030-01")
        after = self.files(path.parent)
        assert not any(mark in after for mark in [*marks, reply_mark])
        assert content(3, 3 * MIB)[50 : 50 + MARK] in after
        store.close()

    def test_postgresql_has_them_in_no_table_after_tend(self, postgres: Server) -> None:
        store = Store(postgres.new_database())
        store.create()
        # Numbers that no other test of this server uses.
        for number in (771, 772):
            add(store, number, size=3 * MIB)
        store.tend("2030-01")
        gone, kept = (content(number, 3 * MIB)[50 : 50 + MARK] for number in (771, 772))
        tables = postgres.folder / "data" / "base"
        before = self.files(tables)
        assert gone in before
        assert kept in before
        store.apply_pack("police", 1, "2030-01-01", [claim(771, 3 * MIB)], [], "2031-01")
        store.tend("2030-01")
        after = self.files(tables)
        assert gone not in after
        assert kept in after
        store.close()


class TestBesideAServer:
    def test_others_read_and_write_while_it_is_tended(self, store: Store, url: str) -> None:
        for number in range(40):
            add(store, number, size=66_000)
        done = threading.Event()

        def read(rounds: int) -> None:
            assert len(store.waiting("police")) == 40
            assert store.contains(identifier(7))
            assert b"".join(store.read_item(identifier(7))) == content(7, 66_000)

        def write(rounds: int) -> None:
            add(store, 100 + rounds, ["stopline"])

        def pack(rounds: int) -> None:
            add(store, 10_000 + rounds, ["ecpat"])
            claims = [claim(10_000 + rounds)]
            result = store.apply_pack("ecpat", 1 + rounds, "2030-01-01", claims, [answer(1)], "2031-01")
            assert result.deleted == 1

        works = [read, read, write, pack]
        rounds = [0] * len(works)

        def again_and_again(which: int) -> None:
            while not done.is_set():
                works[which](rounds[which])
                rounds[which] += 1

        with ThreadPoolExecutor(len(works)) as pool:
            others = [pool.submit(again_and_again, which) for which in range(len(works))]
            tending = Store(url)
            while min(rounds) < 4 and not any(other.done() for other in others):
                assert tending.tend("2030-01").rewritten
            done.set()
            tending.close()
            for other in others:
                other.result()
        assert len(ids(store)) == 40
        assert len(ids(store, "stopline")) == rounds[2]
        assert ids(store, "ecpat") == []

    def test_two_at_once(self, store: Store) -> None:
        add(store, 1)
        with ThreadPoolExecutor(2) as pool:
            results = pool.map(store.tend, ["2030-01"] * 4)
            assert all(result.rewritten for result in results)
        assert len(ids(store)) == 1

    def test_what_takes_too_long_is_given_up(self, store: Store) -> None:
        for number in range(4):
            add(store, number, size=8 * MIB)
        assert store.tend("2030-01", seconds=0.0).rewritten is False
        for number in range(4):
            assert b"".join(store.read_item(identifier(number))) == content(number, 8 * MIB)
        assert store.tend("2030-01", seconds=60.0).rewritten is True

    def test_the_journal_of_sqlite_is_empty_after_each_write(self, path: Path, sqlite_tables: Path) -> None:
        path.write_bytes(sqlite_tables.read_bytes())
        store = Store(sqlite_url(path))
        journal = path.with_name(path.name + "-journal")
        works: tuple[Callable[[], object], ...] = (
            lambda: add(store, 1, size=32 * MIB),
            lambda: store.apply_pack("police", 1, "2030-01-01", [claim(1, 32 * MIB)], [answer(1)], "2031-01"),
            lambda: store.delete_replies(identifier(0), [answer(1).id]),
            lambda: store.tend("2030-01"),
        )
        for work in works:
            assert work()
            assert journal.stat().st_size == 0
        store.close()
        assert {file.name for file in path.parent.iterdir()} == {path.name, journal.name}
