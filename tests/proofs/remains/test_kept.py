"""The list of what is kept beside what there is, and beside the threat model."""

import contextlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import minisign
import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from portal import files, roster, state
from portal.store import Store, sqlite_url
from portal.store.schema import metadata
from tests.e2e.parts import Portal
from tests.postgres import Server
from tests.proofs.remains import catalogue, kept, relations
from tests.proofs.seizure.visits import Marks, Way, file
from tests.tor.test_process import NO_NETWORK
from tor import Limits, ManagedTor


def test_every_column_has_a_meaning(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "portal.db")
    with contextlib.closing(Store(url)) as store:
        store.create()
    engine = create_engine(url)
    found = {
        f"{table}.{column['name']}"
        for table in inspect(engine).get_table_names()
        for column in inspect(engine).get_columns(table)
    }
    engine.dispose()
    assert found == set(kept.COLUMNS)
    assert found == {str(column) for table in metadata.tables.values() for column in table.columns} | {
        "alembic_version.version_num"
    }


def test_what_remains_is_the_table_of_the_threat_model() -> None:
    documented = kept.documented()
    assert len(documented) == len(set(documented))
    assert set(documented) == kept.remaining()


def test_every_byte_of_the_header_has_a_meaning() -> None:
    at = 0
    for offset, size, _ in kept.HEADER.values():
        assert offset == at
        at += size
    assert at == 100


def test_what_is_to_differ_in_the_catalogue_is_there(postgres: Server) -> None:
    url = postgres.new_database()
    with contextlib.closing(Store(url)) as store:
        store.create()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        known = {place[:2] for place in catalogue.read(connection)}
        assert {relation.name for relation in relations.relations(connection)} > set(metadata.tables)
    for view, column in kept.CATALOGUE:
        assert column == "*" or (view, column) in known
        assert any(view == seen for seen, _ in known)


def test_every_file_of_a_server_has_a_meaning(postgres: Server) -> None:
    found = {path.name for path in (postgres.folder / "data").iterdir()}
    assert found <= set(kept.SERVER)
    # Where the system keeps the log elsewhere, it has no file of that name.
    assert set(kept.SERVER) - found <= {"current_logfiles", "log"}


@pytest.mark.e2e
def test_every_file_of_a_state_folder_in_use_has_a_meaning(tmp_path: Path, postgres: Server) -> None:
    portal = Portal(tmp_path)
    (portal.state / "portal.toml").write_text("")
    (portal.state / "portal.toml").chmod(0o600)
    found: dict[str, int] = {}
    portal.start("--no-tor")
    try:
        spool = (portal.state / state.SPOOL).stat()
        for number in range(3):
            file(Way(portal.url), Marks(), number)
        # Files come in without a name, so the folder does not say when one came last.
        assert (portal.state / state.SPOOL).stat() == spool
        portal.exchange("police")
        portal("renew-session", "--state", portal.state)
        portal("tend", "--state", portal.state)
        found |= modes(portal.state)
    finally:
        portal.close()
    tor = ManagedTor(portal.state / "tor", NO_NETWORK)
    tor.connect(Limits())
    tor.release(Limits())
    trust = roster.trust(minisign.KeyPair.generate().public_key.to_base64().decode(), portal.state)
    assert trust
    trust.remember(roster.Roster("portevoix/roster/1", 7, date(2026, 11, 30), {}))
    found |= modes(portal.state)
    assert set(found) == set(kept.STATE)
    assert {name for name, mode in found.items() if mode & 0o077} == kept.PUBLIC


def test_what_is_left_of_a_write_that_was_cut_off_has_a_meaning(tmp_path: Path) -> None:
    seen: list[str] = []

    def pieces() -> Iterator[bytes]:
        seen.extend(path.name for path in tmp_path.iterdir())
        yield b"secret"

    files.write(tmp_path / state.SESSION_SECRET, pieces())
    assert len(seen) == 1
    assert any(re.fullmatch(pattern, seen[0]) for pattern in kept.LEFT_BEHIND)
    assert state.RESTORING in kept.LEFT_BEHIND


def modes(folder: Path) -> dict[str, int]:
    """The folder and what lies in it, with its rights."""
    return {str(path.relative_to(folder)): path.stat().st_mode for path in (folder, *folder.iterdir())}
