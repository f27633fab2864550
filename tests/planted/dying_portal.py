"""`portal`, ending itself with SIGKILL at a named point: `python -m tests.planted.dying_portal FILE COMMAND …`.

FILE says where: `COUNT POINT` is the how-manieth time that this point is reached, from when the file was written.
While it is not there, nobody dies: so a portal that serves is told when it has started.
"""

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

from portal import cli, files, receipt
from portal.sealing import Sealing
from portal.store import Store, packs, vacuum
from portal.store.postgres import PostgreSQL
from portal.store.sqlite import SQLite
from tests.planted import dying_vacuum


class Fate:
    """Knows where to die."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told = ""
        self._left = 0

    def reached(self, point: str) -> None:
        """This point is reached; does not return if it is the one."""
        try:
            told = self._file.read_text()
        except FileNotFoundError:
            told = "0 nowhere"
        if told != self._told:
            self._told, self._left = told, int(told.split()[0])
        if point == told.partition(" ")[2]:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, before: str = "", after: str = "") -> None:
        """Make points of the moments before and after a function."""
        work: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(work)
        def run(*values: Any, **named: Any) -> Any:
            self.reached(before)
            result = work(*values, **named)
            self.reached(after)
            return result

        setattr(owner, name, run)

    def after_statement(self, _: Connection, __: object, statement: str, *rest: object) -> None:
        """A statement was run: `INSERT INTO item`, `DELETE FROM chunk`, `TRUNCATE`."""
        words = [*statement.split(), "", ""]
        self.reached(" ".join(words[: 3 if words[1] in ("INTO", "FROM") else 2 if words[0] == "UPDATE" else 1]))

    def after_pieces(self, path: Path, pieces: Iterable[bytes], **named: Any) -> None:
        """`files.write`, with a point after each piece."""

        def told() -> Iterator[bytes]:
            for piece in pieces:
                yield piece
                self.reached("piece written")

        _write(path, told(), **named)


_write = files.write


def plant(fate: Fate) -> None:
    """Give every point its name."""
    fate.around(Sealing, "_put", after="chunk sealed")
    fate.around(receipt, "derive", after="key stretched")
    fate.around(Store, "add_item", before="item sealed")
    event.listen(Engine, "after_cursor_execute", fate.after_statement)
    fate.around(DefaultDialect, "do_commit", "commit", "committed")
    fate.around(packs.Application, "_acknowledge_some", before="acknowledging")
    fate.around(packs.Application, "_deliver", before="delivering")
    fate.around(Store, "next_bundle_counter", "counter", "counter taken")
    fate.around(SQLite, "rewrite", "rewriting", "rewritten")
    fate.around(PostgreSQL, "rewrite", "rewriting", "rewritten")
    fate.around(os, "replace", "renaming", "renamed")
    fate.around(os, "link", "linking", "linked")
    files.write = fate.after_pieces  # type: ignore[assignment]
    # One item, or one chunk, a transaction: so many more moments lie between two of them.
    packs.READ_BYTES = packs.SWEEP_BYTES = 1


def plant_pages(fate: Fate) -> None:
    """The points that only a portal has that serves."""
    from portal.serving import tasks
    from portal.web import report

    fate.around(report, "_file", before="form received")
    fate.around(tasks.Task, "write", before="page made")


def main() -> int:
    """Plant the points, then run the program."""
    file = Path(sys.argv[1])
    del sys.argv[1]
    fate = Fate(file)
    plant(fate)
    if sys.argv[1] == "serve":
        plant_pages(fate)
    # What it starts dies with it: a process group of their own.
    with suppress(PermissionError):
        os.setsid()
    os.environ[dying_vacuum.FILE] = str(file)
    vacuum.__file__ = dying_vacuum.__file__
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
