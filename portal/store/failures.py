"""Turns what the database drivers raise into the project's own errors.

Their messages can hold SQL, values and the database URL with its password. Nothing of that is passed on: the reader
gets one sentence, and the driver's short error code.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.errors import StoreError, StoreFull, StoreUnavailable

NO_ROOM = "There is no room left for the database: free some space on its disk, then try again"
BUSY = "The database is busy with other work: try again in a minute"
NO_FILE = (
    "The database file is missing or cannot be opened: check the state folder and its owner, restore the backup, "
    "or run `portal init` for a new database"
)
NO_ANSWER = (
    "The database server does not answer or refuses the login: check that it runs and that the database URL is right, "
    "then try again"
)
DAMAGED = "The database is damaged: stop the portal and restore the backup"
READ_ONLY = "The database cannot be written: give the portal's user the right to write to it, then try again"
DISK_FAULT = "The disk of the database fails: check the disk and the system's log before anything else"
NO_TABLES = "The database has no tables that this portal knows: run `portal init`"
NO_RIGHT = "The database user lacks a right that the portal needs: make it the owner of the portal's tables"
BAD_VALUE = "The database refused a value that is not as docs/format.md says; nothing was changed"
FAULT = "The database refused a command; nothing was changed. Please report this as a fault of Portevoix"

# By the beginning of the code: sqlite3's `sqlite_errorname`, PostgreSQL's SQLSTATE. The first that fits counts.
_BY_CODE: tuple[tuple[str, type[StoreError], str], ...] = (
    ("SQLITE_FULL", StoreFull, NO_ROOM),
    ("SQLITE_BUSY", StoreUnavailable, BUSY),
    ("SQLITE_LOCKED", StoreUnavailable, BUSY),
    ("SQLITE_CANTOPEN", StoreUnavailable, NO_FILE),
    ("SQLITE_PERM", StoreUnavailable, NO_FILE),
    ("SQLITE_READONLY", StoreUnavailable, READ_ONLY),
    ("SQLITE_CORRUPT", StoreUnavailable, DAMAGED),
    ("SQLITE_NOTADB", StoreUnavailable, DAMAGED),
    ("SQLITE_IOERR", StoreUnavailable, DISK_FAULT),
    ("SQLITE_CONSTRAINT", StoreError, BAD_VALUE),
    ("SQLITE_ERROR", StoreError, NO_TABLES),
    ("53100", StoreFull, NO_ROOM),
    ("53", StoreUnavailable, BUSY),
    ("55P03", StoreUnavailable, BUSY),
    ("40", StoreUnavailable, BUSY),
    ("57014", StoreUnavailable, BUSY),
    ("57", StoreUnavailable, NO_ANSWER),
    ("08", StoreUnavailable, NO_ANSWER),
    ("28", StoreUnavailable, NO_ANSWER),
    ("3D", StoreUnavailable, NO_ANSWER),
    ("25006", StoreUnavailable, READ_ONLY),
    ("58", StoreUnavailable, DISK_FAULT),
    ("XX", StoreUnavailable, DAMAGED),
    ("42501", StoreError, NO_RIGHT),
    ("42P01", StoreError, NO_TABLES),
    ("42703", StoreError, NO_TABLES),
    ("22", StoreError, BAD_VALUE),
    ("23", StoreError, BAD_VALUE),
)


def from_code(code: str) -> StoreError:
    """The error for `code`, a driver's error code such as SQLITE_FULL or 53100."""
    for beginning, kind, sentence in _BY_CODE:
        if code.startswith(beginning):
            return kind(f"{sentence} ({code}).")
    return StoreError(f"{FAULT} ({code or 'no code'}).")


def from_os_error(error: OSError) -> StoreError:
    """The error for a file of the database that the system refuses to make, open or lock."""
    name = errno.errorcode.get(error.errno or 0, "no code")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"{NO_ROOM} ({name}).")
    return StoreUnavailable(f"{NO_FILE} ({name}).")


def _explain(error: SQLAlchemyError | sqlite3.Error) -> StoreError:
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("All connections to the database are in use: try again in a minute.")
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None)
    if code:
        return from_code(code)
    if isinstance(error, OperationalError | InterfaceError):
        # A connection that cannot be made, or that broke, has no code on PostgreSQL.
        return StoreUnavailable(f"{NO_ANSWER}.")
    return from_code("")


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreError, StoreUnavailable or StoreFull for what a driver raises inside; all else passes through."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _explain(error) from None
