"""Rewrites one SQLite file in the order of its keys: `python vacuum.py FILE SECONDS`.

A program of its own, because the folder for SQLite's temporary files is a setting of the whole process (the variable
SQLITE_TMPDIR, read once when the library starts): set in the server, it would be changed under the feet of the other
threads. It imports nothing of the portal and prints nothing but the name of SQLite's error, with exit status 1.

VACUUM copies the tables in key order to a temporary file, which has no name, and from there back in one transaction,
whose journal holds the file as it was: killed at any moment, the file is the old one or the new one.
"""

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


def rewrite(path: Path, seconds: float) -> None:
    """Rewrites the database at `path`, waiting at most `seconds` for each lock. Raises sqlite3.Error."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        connection.execute("VACUUM")
    finally:
        connection.close()


if __name__ == "__main__":
    try:
        rewrite(Path(sys.argv[1]), float(sys.argv[2]))
    except sqlite3.Error as error:
        print(error.sqlite_errorname)
        sys.exit(1)
