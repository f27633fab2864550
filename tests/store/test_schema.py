"""Making, upgrading and checking the tables."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from portal.errors import StoreError, StoreUnavailable
from portal.store import Store, sqlite_url
from portal.store.schema import SCHEMA_VERSION, metadata
from tests.store.helpers import add, ids

TABLES = ["chunk", "collected", "item", "reply", "taken", "waiting"]


def test_the_last_migration_is_the_version_that_the_portal_wants() -> None:
    config = Config()
    config.set_main_option("script_location", "portal:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_VERSION


def test_the_migrations_make_the_tables_of_the_schema(new_url: str) -> None:
    store = Store(new_url)
    store.create()
    engine = create_engine(new_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.tend("2030-01")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    store.close()


def test_sqlite_tables_have_no_rowid_that_counts_and_keep_their_types(path: Path) -> None:
    Store(sqlite_url(path)).create()
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
        connection.execute("INSERT INTO chunk (place, data) VALUES (77, x'00')")
        assert connection.execute("SELECT rowid FROM chunk").fetchall() == [(77,)]
    connection.close()
    assert sorted(row for row in found if row[0] in TABLES) == [(name, int(name != "chunk"), 1) for name in TABLES]


def test_create_makes_a_private_file_and_keeps_what_is_there(path: Path) -> None:
    store = Store(sqlite_url(path))
    store.create()
    add(store, 1)
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    store.create()
    store.migrate()
    assert len(ids(store)) == 1
    store.close()


def test_missing_tables_lead_to_portal_init(new_url: str, kind: str) -> None:
    store = Store(new_url)
    for call in (store.check_schema, store.ping, lambda: store.contains(bytes(32))):
        with pytest.raises(StoreError, match="`portal init`"):
            call()
    if kind == "sqlite":
        with pytest.raises(StoreUnavailable, match="missing"):
            store.migrate()
    store.create()
    store.check_schema()
    store.ping()
    store.close()


def test_an_empty_sqlite_file_has_no_tables(path: Path) -> None:
    path.touch()
    with pytest.raises(StoreError, match=r"no tables.*`portal init`"):
        Store(sqlite_url(path)).check_schema()


def test_nothing_is_made_before_create(path: Path) -> None:
    store = Store(sqlite_url(path))
    assert list(path.parent.iterdir()) == []
    with pytest.raises(StoreUnavailable):
        store.ping()
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_tables_of_another_version_are_refused(store: Store, url: str, version: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
    try:
        with pytest.raises(StoreError, match=f"version {version}, this portal needs {SCHEMA_VERSION}"):
            store.check_schema()
        with pytest.raises(StoreError, match="made by a newer portal"):
            store.migrate()
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{SCHEMA_VERSION}'"))
        engine.dispose()


@pytest.mark.parametrize(
    "name", ["portal.db", "with space.db", "100%41.db", "what?mode=memory.db", "a#b.db", "é:@.db", "file:x.db"]
)
def test_the_url_of_any_path_leads_to_it(path: Path, name: str) -> None:
    odd = path.with_name(name)
    store = Store(sqlite_url(odd))
    store.create()
    add(store, 1)
    store.close()
    assert {file.name for file in path.parent.iterdir()} == {name, name + "-journal"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portal.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://root:secret@host/portal",
        "postgresql+psycopg2://portal:secret@host/portal",
        "postgresql://portal:secret@host:port/portal",
        "postgresql+psycopg://portal:secret@host",
    ],
)
def test_other_urls_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(StoreError, match="database URL cannot be used") as caught:
        Store(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_every_sqlite_connection_has_its_settings(path: Path) -> None:
    store = Store(sqlite_url(path))
    store.create()
    wanted = {
        "page_size": 65536,
        "auto_vacuum": 0,
        "journal_mode": "truncate",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "temp_store": 2,
        "busy_timeout": 60_000,
        "cache_size": -8192,
    }
    with store._read() as first, store._read() as second:
        for connection in (first, second):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted
    store.close()


def test_a_database_with_a_write_ahead_log_gets_a_journal(path: Path, sqlite_tables: Path) -> None:
    path.write_bytes(sqlite_tables.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        connection.execute("INSERT INTO collected (desk, pack_counter) VALUES ('police', 7)")
        connection.commit()
    store = Store(sqlite_url(path))
    assert store.confirmed_pack("police") == 7
    with store._read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "truncate"
    store.close()
    assert {file.name for file in path.parent.iterdir()} <= {path.name, path.name + "-journal"}


def test_a_server_that_answers_before_the_disk_is_told_otherwise(postgres_tables: str) -> None:
    store = Store(postgres_tables)
    engine = create_engine(postgres_tables)
    with engine.begin() as connection:
        connection.execute(text("ALTER ROLE portal SET synchronous_commit = off"))
    try:
        with store._read() as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER ROLE portal RESET synchronous_commit"))
        engine.dispose()
        store.close()
