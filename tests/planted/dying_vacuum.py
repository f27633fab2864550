"""`portal.store.vacuum`, ending itself and its whole process group with SIGKILL amid the rewrite of a SQLite file.

`python dying_vacuum.py FILE SECONDS`, started by `dying_portal`, whose own file says so with `COUNT vacuum`: after so
many steps of SQLite's virtual machine.
"""

import itertools
import os
import signal
import sqlite3
import sys
from pathlib import Path

FILE = "DIES_AT"
"""The environment variable that names the file of `dying_portal`."""


def main() -> None:
    """Plant the fault, then run the program."""
    from portal.store import vacuum

    taken = itertools.count(1)

    def step() -> int:
        if next(taken) == int(steps):
            os.killpg(0, signal.SIGKILL)
        return 0

    told = Path(os.environ[FILE])
    steps, _, point = told.read_text().partition(" ") if told.exists() else ("0", "", "")
    connect = sqlite3.connect

    def dying(*values: object, **named: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*values, **named)  # type: ignore[call-overload]
        connection.set_progress_handler(step, 1)
        return connection

    if point == "vacuum":
        sqlite3.connect = dying
    vacuum.rewrite(Path(sys.argv[1]), float(sys.argv[2]))


if __name__ == "__main__":
    main()
