"""Rewrites one SQLite file in the order of its keys: `python vacuum.py FILE SECONDS`.

A program of its own, because the folder for SQLite's temporary files is a setting of the whole process (the variable
SQLITE_TMPDIR, read once when the library starts): set in the server, it would be changed under the feet of the other
threads. It imports nothing of the portal and prints nothing but the name of SQLite's error, with exit status 1.

VACUUM copies the tables in key order to a temporary file, which has no name, and from there through the write-ahead
log back in one transaction: killed at any moment, the file is the old one or the new one.
"""

import sqlite3
import sys
import time
from pathlib import Path

RETRY_SECONDS = 0.02
"""Between two attempts to empty the log, seconds."""

PRAGMAS = (
    # In memory it would be a copy of the whole database.
    "PRAGMA temp_store = FILE",
    "PRAGMA secure_delete = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
    # The end of VACUUM is not the time for a checkpoint that may leave something: the next statement does it whole.
    "PRAGMA wal_autocheckpoint = 0",
)


def empty_log(connection: sqlite3.Connection, seconds: float) -> bool:
    """Copies the whole write-ahead log back and cuts it to nothing; False if others did not let it in `seconds`.

    Without this the log would still hold pages in their old order, and what was deleted.
    """
    end = time.monotonic() + seconds
    while True:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy or time.monotonic() >= end:
            return not busy
        # While another checkpoint runs, SQLite gives up at once instead of waiting.
        time.sleep(RETRY_SECONDS)


def rewrite(path: Path, seconds: float) -> bool:
    """Rewrites the database at `path`, waiting at most `seconds` for each lock; False if the log could not be emptied.

    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        connection.execute("VACUUM")
        return empty_log(connection, seconds)
    finally:
        connection.close()


if __name__ == "__main__":
    try:
        problem = "" if rewrite(Path(sys.argv[1]), float(sys.argv[2])) else "SQLITE_BUSY"
    except sqlite3.Error as error:
        problem = error.sqlite_errorname
    if problem:
        print(problem)
        sys.exit(1)
