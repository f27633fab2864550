"""What the store says when the database fails, and that nothing is lost by it."""

import errno
import logging
import os
import sqlite3
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.errors import StoreError, StoreFull, StoreUnavailable
from portal.store import NewReply, Store, backend, postgres, sqlite, sqlite_url
from portal.store.failures import from_code, from_os_error, translated
from tests.postgres import Server
from tests.store.helpers import MIB, add, answer, claim, content, identifier, ids, read_outside

SECRET = "hunter2-the-password"


@contextmanager
def small_volume(folder: Path) -> Iterator[Path]:
    """Makes a folder on a volume of its own of 64 MiB."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("Only root can make a small volume; the test with max_page_count runs for everybody.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill_up(store: Store) -> int:
    """Adds items of 1 MiB until there is no room; how many went in."""
    for number in range(100):
        try:
            add(store, number, size=MIB)
        except StoreFull:
            return number
    pytest.fail("There is room for everything.")


def check_that_a_pack_makes_room(store: Store, stored: int) -> None:
    assert 3 < stored < 100
    assert not store.contains(identifier(stored))
    assert set(ids(store)) == {identifier(number) for number in range(stored)}
    for number in (0, stored - 1):
        assert b"".join(store.read_item(identifier(number))) == content(number, MIB)
    claims = [claim(number, MIB) for number in range(stored)]
    assert store.apply_pack("police", 1, "2030-01-01", claims, [answer(1)], "2031-01").deleted == stored
    add(store, stored, size=MIB)


class TestNoRoom:
    def test_a_limit_of_pages(self, path: Path, sqlite_tables: Path) -> None:
        path.write_bytes(sqlite_tables.read_bytes())
        store = Store(sqlite_url(path))
        assert isinstance(store._backend, sqlite.SQLite)
        event.listen(store._backend.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 1000"))
        check_that_a_pack_makes_room(store, fill_up(store))
        store.close()

    def test_a_full_volume_of_sqlite(self, tmp_path: Path) -> None:
        with small_volume(tmp_path / "volume") as volume:
            store = Store(sqlite_url(volume / "portal.db"))
            store.create()
            floor = volume / "floor"
            floor.write_bytes(bytes(24 * MIB))
            stored = fill_up(store)
            # Less than the portal keeps free, `limits.FREE_BYTES_TEXT`, is enough to take a pack, but not to rewrite.
            floor.unlink()
            with pytest.raises(StoreFull, match="free some space"):
                store.tend("2030-01")
            check_that_a_pack_makes_room(store, stored)
            store.close()

    def test_a_full_volume_for_a_new_database(self, tmp_path: Path) -> None:
        with small_volume(tmp_path / "volume") as volume:
            with suppress(OSError), (volume / "full").open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
            with pytest.raises(StoreFull):
                Store(sqlite_url(volume / "portal.db")).create()

    def test_a_full_volume_of_postgresql(self, postgres: Server) -> None:
        with small_volume(postgres.folder / "small") as volume:
            postgres.own(volume)
            postgres.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(volume)))
            url = postgres.new_database(tablespace="small")
            store = Store(url)
            store.create()
            stored = fill_up(store)
            with pytest.raises(StoreFull, match="free some space"):
                store.tend("2030-01")
            assert 3 < stored < 100
            assert set(ids(store)) == {identifier(number) for number in range(stored)}
            assert b"".join(store.read_item(identifier(0))) == content(0, MIB)
            store.close()
            postgres.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(make_url(url).database or "")))
            postgres.execute(sql.SQL("DROP TABLESPACE small"))


class TestGone:
    def test_a_deleted_file_is_noticed_and_a_restored_one_is_used(self, path: Path, sqlite_tables: Path) -> None:
        path.write_bytes(sqlite_tables.read_bytes())
        store = Store(sqlite_url(path))
        add(store, 1)
        backup = read_outside(path)
        for file in path.parent.iterdir():
            file.unlink()
        for call in (
            store.ping,
            lambda: store.contains(identifier(1)),
            lambda: add(store, 2),
            lambda: store.apply_pack("police", 1, "2030-01-01", [], [], "2031-01"),
            lambda: store.tend("2030-01"),
        ):
            with pytest.raises(StoreUnavailable, match="missing"):
                call()
        assert list(path.parent.iterdir()) == []
        path.write_bytes(backup)
        store.ping()
        assert ids(store) == [identifier(1)]
        add(store, 2)
        path.unlink()
        path.parent.rename(path.parent.with_name("moved"))
        with pytest.raises(StoreUnavailable, match="missing"):
            store.ping()
        store.close()

    def test_a_server_that_stops_and_starts_again(self, postgres: Server) -> None:
        store = Store(postgres.new_database())
        store.create()
        add(store, 1)
        postgres.stop()
        try:
            for call in (store.ping, lambda: store.contains(identifier(1)), lambda: add(store, 2)):
                with pytest.raises(StoreUnavailable, match="does not answer"):
                    call()
        finally:
            postgres.start()
        store.ping()
        assert ids(store) == [identifier(1)]
        add(store, 2)
        store.close()

    def test_a_server_that_stops_in_the_middle_of_an_item(self, postgres: Server) -> None:
        store = Store(postgres.new_database())
        store.create()

        def blocks() -> Iterator[bytes]:
            yield bytes(2 * MIB)
            postgres.stop()
            postgres.start()
            yield bytes(2 * MIB)

        with pytest.raises(StoreUnavailable, match="does not answer"):
            store.add_item(identifier(1), ["police"], 4 * MIB, blocks())
        assert not store.contains(identifier(1))
        add(store, 1)
        store.close()

    @pytest.mark.parametrize("rubbish", [b"x" * 100_000, b"SQLite format 3\0" + bytes(range(256)) * 100])
    def test_a_file_that_is_no_database(self, path: Path, rubbish: bytes) -> None:
        path.write_bytes(rubbish)
        with pytest.raises(StoreUnavailable, match="restore the backup"):
            Store(sqlite_url(path)).ping()
        assert path.read_bytes() == rubbish

    def test_a_folder_where_the_file_should_be(self, path: Path) -> None:
        path.mkdir()
        with pytest.raises(StoreUnavailable):
            Store(sqlite_url(path)).ping()


class TestBusy:
    def test_sqlite_waits_and_then_says_so(self, store_of_sqlite: Store, path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="busy"):
                add(store_of_sqlite, 1)
            assert not store_of_sqlite.contains(identifier(1))
            with pytest.raises(StoreUnavailable, match="busy"):
                store_of_sqlite.tend("2030-01")
        add(store_of_sqlite, 1)

    @pytest.fixture
    def store_of_sqlite(self, path: Path, sqlite_tables: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
        path.write_bytes(sqlite_tables.read_bytes())
        monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
        store = Store(sqlite_url(path))
        yield store
        store.close()

    def test_a_thread_waits_for_another_and_then_says_so(self, store_of_sqlite: Store) -> None:
        with store_of_sqlite._write(), pytest.raises(StoreUnavailable, match="busy"):
            add(store_of_sqlite, 1)
        add(store_of_sqlite, 1)

    def test_postgresql_waits_and_then_says_so(
        self, empty_postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres, "SESSION", ("SET lock_timeout = 50",))
        url = empty_postgres()
        store = Store(url)
        with psycopg.connect(url.replace("+psycopg", "")) as other:
            other.execute("LOCK TABLE item IN EXCLUSIVE MODE")
            with pytest.raises(StoreUnavailable, match="busy"):
                add(store, 1)
            assert not store.contains(identifier(1))
        add(store, 1)
        store.close()

    def test_too_many_at_once(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        few = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}
        monkeypatch.setattr(sqlite, "ENGINE_OPTIONS", {**backend.ENGINE_OPTIONS, **few})
        monkeypatch.setattr(postgres, "ENGINE_OPTIONS", {**backend.ENGINE_OPTIONS, **few})
        store = Store(url)
        with store._read(), pytest.raises(StoreUnavailable, match="All connections"):
            store.ping()
        store.ping()
        store.close()


class TestMessages:
    @pytest.fixture(autouse=True)
    def everything_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

    def check(self, error: BaseException, caplog: pytest.LogCaptureFixture, *secrets: str) -> None:
        shown = "".join(traceback.format_exception(error)) + caplog.text
        # The lines of the store's own code, which a traceback shows, say `insert(item)`.
        for word in ("SELECT ", "INSERT INTO", "[SQL:", "sqlalche.me", *secrets):
            assert word not in shown
        assert str(error).endswith(".")

    def test_no_password(self, postgres: Server, caplog: pytest.LogCaptureFixture) -> None:
        store = Store(f"postgresql+psycopg://portal:{SECRET}@/missing_database?host={postgres.folder}")
        with pytest.raises(StoreUnavailable) as caught:
            store.ping()
        self.check(caught.value, caplog, SECRET, "missing_database", str(postgres.folder))

    def test_no_value_and_no_sql(self, store: Store, caplog: pytest.LogCaptureFixture) -> None:
        bad = NewReply(b"short-id", bytes(32), b"the-sealed-reply-of-a-reporter")
        with pytest.raises(StoreError) as caught:
            store.apply_pack("police", 1, "2030-01-01", [], [bad], "2031-01")
        self.check(caught.value, caplog, "sealed-reply", "short-id", "reply_id_size")

    def test_no_sql_about_missing_tables(self, new_url: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
        if kind == "sqlite":
            Path(new_url.removeprefix("sqlite:///")).touch()
        store = Store(new_url)
        desk = "name-of-a-desk"
        with pytest.raises(StoreError, match="portal init") as caught:
            store.waiting(desk)
        self.check(caught.value, caplog, "name-of-a-desk")
        store.close()

    def test_nothing_is_logged_in_a_normal_life(self, store: Store, caplog: pytest.LogCaptureFixture) -> None:
        add(store, 1, size=2 * MIB)
        list(store.read_item(identifier(1)))
        store.apply_pack("police", 1, "2030-01-01", [claim(1, 2 * MIB)], [answer(1)], "2031-01")
        store.replies(identifier(0))
        store.tend("2030-01")
        assert caplog.text == ""

    @pytest.mark.parametrize(
        ("code", "kind", "word"),
        [
            ("SQLITE_FULL", StoreFull, "free some space"),
            ("SQLITE_IOERR_READ", StoreUnavailable, "check the disk"),
            ("SQLITE_BUSY_SNAPSHOT", StoreUnavailable, "busy"),
            ("SQLITE_READONLY_DIRECTORY", StoreUnavailable, "cannot be written"),
            ("SQLITE_CORRUPT_INDEX", StoreUnavailable, "restore the backup"),
            ("SQLITE_ERROR", StoreError, "portal init"),
            ("53100", StoreFull, "free some space"),
            ("53300", StoreUnavailable, "busy"),
            ("57P01", StoreUnavailable, "does not answer"),
            ("28P01", StoreUnavailable, "refuses the login"),
            ("25006", StoreUnavailable, "cannot be written"),
            ("42501", StoreError, "lacks a right"),
            ("40P01", StoreUnavailable, "busy"),
            ("0A000", StoreError, "fault of Portevoix"),
            ("", StoreError, "fault of Portevoix"),
        ],
    )
    def test_each_code_has_its_sentence(self, code: str, kind: type[StoreError], word: str) -> None:
        error = from_code(code)
        assert type(error) is kind
        assert word in str(error)
        assert code in str(error)

    @pytest.mark.parametrize(
        ("number", "kind"),
        [(errno.ENOSPC, StoreFull), (errno.EDQUOT, StoreFull), (errno.EACCES, StoreUnavailable), (0, StoreUnavailable)],
    )
    def test_errors_of_the_system(self, number: int, kind: type[StoreError]) -> None:
        assert type(from_os_error(OSError(number, "at /some/path"))) is kind
        assert "/some/path" not in str(from_os_error(OSError(number, "at", "/some/path")))

    @pytest.mark.parametrize(
        ("error", "word"),
        [
            (PoolTimeout("QueuePool limit"), "All connections"),
            (OperationalError("SELECT secret", {}, Exception("connection lost")), "does not answer"),
        ],
    )
    def test_errors_without_a_code(self, error: Exception, word: str) -> None:
        with pytest.raises(StoreUnavailable, match=word), translated():
            raise error
