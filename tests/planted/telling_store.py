"""Stores that keep more than they may; `tests.proofs.remains` must see each of them.

Each fault is planted while a `with` block runs; `FAULTS` says on which databases it can be.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from unittest.mock import patch

from sqlalchemy import Connection, text

from portal.store import Store, postgres
from portal.store.postgres import PostgreSQL
from portal.store.schema import metadata
from portal.store.sqlite import SQLite

ON_SQLITE, ON_POSTGRESQL = "SQLite", "PostgreSQL"


@contextmanager
def column_of_arrival() -> Iterator[None]:
    """Items are numbered as they come."""
    create, add = Store.create, Store.add_item
    numbers = itertools.count(1)

    def create_wider(self: Store) -> None:
        create(self)
        with self._write() as connection:
            connection.execute(text("ALTER TABLE item ADD COLUMN arrival INTEGER"))

    def add_numbered(self: Store, item_id: bytes, desks: Sequence[str], size: int, blocks: Iterable[bytes]) -> bool:
        added = add(self, item_id, desks, size, blocks)
        with self._write() as connection:
            number = {"number": next(numbers), "id": item_id}
            connection.execute(text("UPDATE item SET arrival = :number WHERE id = :id AND arrival IS NULL"), number)
        return added

    def rewrite_wider(connection: Connection, deadline: float | None) -> None:
        # What copies the rows must know the column, as it would in a portal that has it.
        kept = connection.execute(text("SELECT id, arrival FROM item ORDER BY id")).all()
        rewrite(connection, deadline)
        for row in kept:
            connection.execute(text("UPDATE item SET arrival = :arrival WHERE id = :id"), dict(row._mapping))

    rewrite = postgres._rewrite
    with (
        patch.object(Store, "create", create_wider),
        patch.object(Store, "add_item", add_numbered),
        patch.object(postgres, "_rewrite", rewrite_wider),
    ):
        yield


@contextmanager
def no_rewrite() -> Iterator[None]:
    """`tend` leaves all rows where they came to lie: SQLite's as they are, PostgreSQL's by VACUUM FULL, as is usual."""

    def full(self: PostgreSQL, seconds: float | None) -> bool:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM FULL {', '.join(metadata.tables)}"))
        return True

    with patch.object(SQLite, "rewrite", lambda self, seconds: True), patch.object(PostgreSQL, "rewrite", full):
        yield


@contextmanager
def seen_rows() -> Iterator[None]:
    """Rows show whether they were read since `tend`."""
    with patch.object(PostgreSQL, "_settle", lambda self, deadline: None):
        yield


@contextmanager
def sampled_rows() -> Iterator[None]:
    """The server keeps samples of ids and locators."""

    def sample(self: PostgreSQL, deadline: float | None) -> None:
        settle(self, deadline)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ALTER TABLE reply ALTER COLUMN locator SET STATISTICS -1"))
            connection.execute(text("ANALYZE reply"))

    settle = PostgreSQL._settle
    with patch.object(PostgreSQL, "_settle", sample):
        yield


@contextmanager
def counted_writes() -> Iterator[None]:
    """SQLite's header counts on."""

    def alone(self: SQLite, seconds: float | None) -> bool:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("VACUUM")
        return True

    with patch.object(SQLite, "rewrite", alone):
        yield


FAULTS: dict[str, tuple[tuple[str, ...], Callable[[], AbstractContextManager[None]]]] = {
    "a column of arrival": ((ON_SQLITE, ON_POSTGRESQL), column_of_arrival),
    "rows as they came": ((ON_SQLITE, ON_POSTGRESQL), no_rewrite),
    "a count of writes": ((ON_SQLITE,), counted_writes),
    "rows that were seen": ((ON_POSTGRESQL,), seen_rows),
    "samples of rows": ((ON_POSTGRESQL,), sampled_rows),
}
