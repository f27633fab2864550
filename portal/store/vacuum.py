"""Rewrites one SQLite file in the order of its keys: `python vacuum.py FILE SECONDS`.

A program of its own, because the folder for SQLite's temporary files is a setting of the whole process (the variable
SQLITE_TMPDIR, read once when the library starts): set in the server, it would be changed under the feet of the other
threads. It imports nothing of the portal and prints nothing but the name of SQLite's error, with exit status 1.

VACUUM copies the tables in key order to a temporary file, which has no name, and from there back in one transaction,
whose journal holds the file as it was: killed at any moment, the file is the old one or the new one.

What counts writes in the file's header gets a random value then, which no statement of SQLite can do (why that is safe:
docs/decisions/0031).
"""

import os
import sqlite3
import sys
from pathlib import Path

PRAGMAS = (
    "PRAGMA journal_mode = TRUNCATE",
    # In memory it would be a copy of the whole database.
    "PRAGMA temp_store = FILE",
    "PRAGMA secure_delete = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
)

HEADER_BYTES = 100
"""Of the file (https://www.sqlite.org/fileformat.html#the_database_header)."""

CHANGE_COUNTER, SCHEMA_COOKIE, VERSION_VALID_FOR = slice(24, 28), slice(40, 44), slice(92, 96)
"""Where the header says how many transactions wrote, how often the tables were made anew, and the first again."""


def rewrite(path: Path, seconds: float) -> None:
    """Rewrites the database at `path`, waiting at most `seconds` for each lock. Raises sqlite3.Error, OSError."""
    # Opened before SQLite opens it and closed after: to close it in between would take SQLite's locks away.
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None)
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma)
            connection.execute("VACUUM")
            # Until the end of this transaction nobody reads or writes, and no journal waits to be put back.
            connection.execute("BEGIN EXCLUSIVE")
            forget_counts(descriptor)
            connection.execute("ROLLBACK")
        finally:
            connection.close()
    finally:
        os.close(descriptor)


def forget_counts(descriptor: int) -> None:
    """Puts random numbers where the header counts, durably. Raises OSError."""
    header = bytearray(os.pread(descriptor, HEADER_BYTES, 0))
    header[CHANGE_COUNTER] = header[VERSION_VALID_FOR] = os.urandom(4)
    header[SCHEMA_COOKIE] = os.urandom(4)
    os.pwrite(descriptor, header, 0)
    os.fsync(descriptor)


if __name__ == "__main__":
    try:
        rewrite(Path(sys.argv[1]), float(sys.argv[2]))
    except sqlite3.Error as error:
        print(error.sqlite_errorname)
        sys.exit(1)
    except OSError as error:
        print("SQLITE_CANTOPEN" if error.filename else "SQLITE_IOERR")
        sys.exit(1)
