"""What the store needs of a database, beyond the SQL that both have in common."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from portal.errors import StoreError

BUSY_SECONDS = 60.0
"""How long a statement waits for a lock, seconds; `tend` is the one thing that holds one for long."""

POOL_SIZE = 8
"""Connections that are kept open. Reads and writes are short, so this serves the server's threads."""
POOL_OVERFLOW = 24
"""Connections more, in a rush: together with POOL_SIZE more than the server has threads."""
POOL_SECONDS = 30.0
"""How long a thread waits for a connection, seconds."""

ENGINE_OPTIONS: dict[str, Any] = {
    # No value of a statement may come into an error message or a log.
    "hide_parameters": True,
    "pool_size": POOL_SIZE,
    "max_overflow": POOL_OVERFLOW,
    "pool_timeout": POOL_SECONDS,
    # The connection used last goes out first, so that those of a past rush get closed.
    "pool_use_lifo": True,
}


class Backend(Protocol):
    """A database. Methods raise what the driver raises; `portal.store.failures` translates it."""

    insert: Callable[[Table], Any]
    """INSERT of this dialect, the one that knows ON CONFLICT."""

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads."""

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that may write, committed at the end, rolled back by an exception."""

    def create(self) -> None:
        """Makes the database itself, where that is the portal's to do."""

    def rewrite(self, seconds: float | None) -> bool:
        """Lays every row in the order of its key, in at most `seconds`; False if the time was too short."""

    def server_settings(self) -> dict[str, str]:
        """The settings of the database server by name; nothing where there is no server."""

    def server_rights(self) -> dict[str, bool]:
        """What `rewrite` may ask of the database server, and whether; nothing where there is no server."""

    def close(self) -> None:
        """Lets go of all connections."""


def parse_url(url: str) -> URL:
    """`url` as SQLAlchemy reads it. Raises StoreError, which does not repeat it: it can hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is not None and parsed.drivername in ("postgresql", "postgresql+psycopg") and parsed.database:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed is not None and parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise StoreError(
        "The database URL cannot be used: give sqlite:////folder/portal.db or "
        "postgresql+psycopg://user:password@host/database."
    )
