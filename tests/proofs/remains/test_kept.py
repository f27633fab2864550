"""The list of what is kept beside what there is, and beside the threat model."""

import contextlib
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import minisign
import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from portal import backup, roster, state
from portal.commands import base
from portal.store import Store, sqlite_url
from portal.store.schema import metadata
from tests.e2e.parts import Portal
from tests.postgres import Server
from tests.proofs.remains import catalogue, kept, relations
from tor import Limits, ManagedTor


def test_every_column_has_a_meaning(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "portal.db")
    with contextlib.closing(Store(url)) as store:
        store.create()
    engine = create_engine(url)
    found = {
        f"{table}.{column['name']}" for table in inspect(engine).get_table_names() for column in inspect(engine).get_columns(table)
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
