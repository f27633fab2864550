"""SQLite: one file in the state folder, shared by the threads of the server and by export, import and backup.

A filing waits for one write to the write-ahead log and its sync. The rest, copying the log into the file, is done by a
thread of its own (`Checkpointer`): for an item of 200 MiB that is half of the time.

A process that uses the database must never open its file in another way, not even to read: to close such a file takes
all of SQLite's locks on it away (https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
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

PAGE_SIZE = 16 * KIB
"""Bytes of a page. Chunks of 1 MiB are written and deleted a third faster than with the default of 4 KiB."""

WAL_BYTES = 4 * MIB
"""The write-ahead log is copied back and emptied once it is longer than this, bytes."""

CHECKPOINT_SECONDS = 5.0
"""How long the checkpointer waits for others' transactions, seconds; then it tries again after the next write."""

PRAGMAS = (
    # The first two count for a new, empty file only.
    f"PRAGMA page_size = {PAGE_SIZE}",
    "PRAGMA auto_vacuum = NONE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    # No statement here sorts or needs a temporary file; if one ever does, it is not to lie in /tmp.
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA journal_size_limit = {WAL_BYTES}",
    "PRAGMA wal_autocheckpoint = 0",
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
        self._turn = threading.Lock()
        event.listen(self.engine, "connect", self._remember_file)
        event.listen(self.engine, "checkout", self._check_file)
        event.listen(self.engine, "begin", _begin)
        self._checkpointer = Checkpointer(self.path)

    def read(self) -> AbstractContextManager[Connection]:
        return self.engine.connect()

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        # SQLite lets one write at a time and makes the others try again and again, so that some wait for very long.
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise from_code("SQLITE_BUSY")
        try:
            # Takes the write lock at once: a transaction that reads first may find that it can no longer write.
            with self._writer.begin() as connection:
                yield connection
        finally:
            self._turn.release()
            # Also after a failure: what was written until then takes room in the log, perhaps the last there is.
            self._checkpointer.wake()

    def create(self) -> None:
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise from_os_error(error) from None

    def forget(self) -> None:
        self._checkpointer.run()

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
        finally:
            self._checkpointer.wake()
        if done.returncode:
            raise from_code(done.stdout.strip())
        return True

    def close(self) -> None:
        self._checkpointer.close()
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


class Checkpointer:
    """Copies the write-ahead log back into the file and empties it.

    A failure is not reported, since nothing is lost: the log counts as part of the database, and the next need tries
    again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._running = threading.Lock()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._wanted = False
        self._closed = False

    def wake(self) -> None:
        """If the log has grown, has it emptied by a thread, which starts with the first need."""
        try:
            if self._log.stat().st_size <= WAL_BYTES:
                return
        except OSError:
            return
        with self._changed:
            if self._closed:
                return
            self._wanted = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="checkpointer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def run(self) -> None:
        """Empties the log now; waits at most CHECKPOINT_SECONDS for transactions of others."""
        with self._running, contextlib.suppress(sqlite3.Error, OSError):
            if self._log.stat().st_size == 0:
                return
            with contextlib.closing(connect(self._path, CHECKPOINT_SECONDS)) as own:
                # The first leaves writers alone and does nearly all; the second makes them wait, and not for long.
                own.execute("PRAGMA wal_checkpoint(PASSIVE)")
                vacuum.empty_log(own, CHECKPOINT_SECONDS)

    def close(self) -> None:
        """Ends the thread and empties the log once more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        self.run()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._closed)
                if self._closed:
                    return
                self._wanted = False
            self.run()
