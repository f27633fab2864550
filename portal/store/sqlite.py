"""SQLite: one file in the state folder, shared by the threads of the server and by export, import and backup.

A transaction writes into the file itself, and keeps what stood there in a journal until it is committed: a new item is
written once (docs/decisions/0012). Whoever opens the database after a crash puts back what an unfinished journal holds.
Nobody reads while a commit is written; for an item of 200 MB that is a second or less, and the others wait.

A process that uses the database must never open its file in another way, not even to read: to close such a file takes
all of SQLite's locks on it away (https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from portal.limits import KIB, MIB
from portal.store import vacuum
from portal.store.backend import BUSY_SECONDS, ENGINE_OPTIONS
from portal.store.failures import from_code, from_os_error
from portal.store.turns import Turns

PAGE_SIZE = 64 * KIB
"""Bytes of a page, the largest there is: the larger, the less work for a chunk of 1 MiB."""

CACHE_SIZE = 8 * MIB
"""Bytes of pages that a connection holds; more are written to the file before the commit."""

PRAGMAS = (
    # The first two count for a new, empty file only.
    f"PRAGMA page_size = {PAGE_SIZE}",
    "PRAGMA auto_vacuum = NONE",
    # The journal stays, with no bytes: to make and delete a file for each transaction takes longer.
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = FULL",
    # By default it would be 500 pages: SQLite counts them before it knows the size of a page.
    f"PRAGMA cache_size = -{CACHE_SIZE // KIB}",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    # No statement here sorts or needs a temporary file; if one ever does, it is not to lie in /tmp.
    "PRAGMA temp_store = MEMORY",
)


def sqlite_url(path: Path) -> str:
    """The URL of the SQLite database at `path`, with what is special in a URL escaped."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string(hide_password=False)


def connect(path: Path, seconds: float) -> sqlite3.Connection:
    """A connection to the file at `path`, which must be there; waits at most `seconds` for each lock.

    Transactions are begun by hand: the module's own way would begin none before a SELECT, and a deferred one before
    an INSERT.
    """
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class SQLite:
    """A `portal.store.backend.Backend`."""

    insert: Callable[..., Any] = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        self.path = Path(url.database or "").absolute()
        self.engine = create_engine(url, creator=lambda: connect(self.path, BUSY_SECONDS), **ENGINE_OPTIONS)
        self._writer = self.engine.execution_options(portal_begin="BEGIN IMMEDIATE")
        self._turns = Turns()
        event.listen(self.engine, "connect", self._remember_file)
        event.listen(self.engine, "checkout", self._check_file)
        event.listen(self.engine, "begin", _begin)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        with self._turns.read(BUSY_SECONDS), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        # Takes the write lock at once: a transaction that reads first may find that it can no longer write.
        with self._turns.write(BUSY_SECONDS), self._writer.begin() as connection:
            yield connection

    def create(self) -> None:
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise from_os_error(error) from None

    def rewrite(self, seconds: float | None) -> bool:
        busy = BUSY_SECONDS if seconds is None else min(BUSY_SECONDS, seconds)
        try:
            done = subprocess.run(  # noqa: S603 - no word of it comes from outside
                [sys.executable, "-I", vacuum.__file__, str(self.path), str(busy)],
                env={**os.environ, "SQLITE_TMPDIR": str(self.path.parent)},
                timeout=seconds,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        if done.returncode:
            raise from_code(done.stdout.strip())
        return True

    def server_settings(self) -> dict[str, str]:
        return {}

    def server_rights(self) -> dict[str, bool]:
        return {}

    def close(self) -> None:
        self.engine.dispose()

    def _remember_file(self, _: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = self._file()

    def _check_file(self, _: object, record: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
        # SQLite would go on writing to a file that was deleted or replaced, and a report would be lost.
        if record.info["file"] != self._file():
            raise InvalidatePoolError

    def _file(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("portal_begin", "BEGIN"))
