"""Rewrites one SQLite file in the order of its keys: `python vacuum.py FILE SECONDS`.

A program of its own, because the folder for SQLite's temporary files is a setting of the whole process (the variable
SQLITE_TMPDIR, read once when the library starts): set in the server, it would be changed under the feet of the other
threads. It imports nothing of the portal and prints nothing but the name of SQLite's error, with exit status 1.

VACUUM copies the tables in key order to a temporary file, which has no name, and from there through the write-ahead
log back in one transaction: killed at any moment, the file is the old one or the new one.
"""

import sqlite3
import sys
from pathlib import Path

PRAGMAS = (
    # In memory it would be a copy of the whole database.
    "PRAGMA temp_store = FILE",
    "PRAGMA secure_delete = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
    # The end of VACUUM is not the time for a checkpoint that may leave something: the next statement does it whole.
    "PRAGMA wal_autocheckpoint = 0",
)


def rewrite(path: Path, seconds: float) -> None:
    """Rewrites the database at `path`, waiting at most `seconds` for each lock; raises sqlite3.Error."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        connection.execute("VACUUM")
        # Without this the log would still hold the pages in their old order.
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            error = sqlite3.OperationalError()
            error.sqlite_errorname = "SQLITE_BUSY"
            raise error
    finally:
        connection.close()


if __name__ == "__main__":
    try:
        rewrite(Path(sys.argv[1]), float(sys.argv[2]))
    except sqlite3.Error as problem:
        print(problem.sqlite_errorname)
        sys.exit(1)
