"""What whoever seizes the server gets, searched for everything that reporters and desks said.

Searched are the state folder, the temporary folder, the log, the bundles and packs, all of PostgreSQL's folder (heap,
indexes, TOAST, write-ahead log, its own log): while the portal runs, after kill -9 amid an upload, and after a stop.
The memory of the running portal is read too. It is told apart, since Python cannot erase memory.
"""

import contextlib
import os
import re
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tests import postgres
from tests.e2e.parts import Portal
from tests.proofs import Outcome
from tests.proofs.seizure import visits
from tests.proofs.seizure.needles import Found, Search
from tests.proofs.seizure.visits import Marks

CLAIM = "Whoever seizes the server, running or not, finds no word of a report, a reply or a receipt on its disks."
REPORTS = 50
VISITS_AFTERWARDS = 20
"""Visits of others after the last report, before the memory is read."""


class Seizure:
    """A portal with `reports` reports in it, on one database, whose parts can be searched at any time."""

    def __init__(self, portal: Portal, reports: int, beside: Sequence[Path] = ()) -> None:
        self.portal = portal
        self.reports = reports
        self.marks = Marks()
        self._beside = beside
        self.searched = 0
        self.found: list[Found] = []
        self.in_memory: dict[str, int] = {}

    def run(self) -> None:
        """File, answer, follow up, break off, kill; and search again and again."""
        portal, marks = self.portal, self.marks
        with visits.half_sent(portal, marks, "aborted upload"):
            words = [visits.file(portal, marks, number) for number in range(self.reports)]
        visits.look_around(portal, marks)
        visits.answer(portal, marks, portal.folder)
        for number, each in enumerate(words):
            if number % 3 == 0:
                visits.follow(portal, marks, each)
        with visits.half_sent(portal, marks, "cut upload"):
            self.search()
            portal.crash()
        self.search()
        portal.restart()
        for _ in range(VISITS_AFTERWARDS):
            visits.look_around(portal, Marks())
        portal("tend", "--state", portal.state)
        visits.file(portal, marks, 4)
        for _ in range(VISITS_AFTERWARDS):
            visits.look_around(portal, Marks())
        self._search_memory()
        portal.stop(signal.SIGTERM)
        self.search()

    def search(self) -> None:
        """Look through everything on the disk."""
        search = Search(self.marks.all(), visits.STEM)
        for path in self._files():
            self.found += search.file(path)
        self.searched += search.searched

    def _files(self) -> Iterator[Path]:
        portal = self.portal
        yield portal.log
        yield from portal.folder.glob("*.tar")
        for folder in (portal.state, portal.temporary, portal.keys, *self._beside):
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file())

    def _search_memory(self) -> None:
        """How many of the texts are still in the memory of the process, which has answered long ago."""
        texts = self.marks.all()
        for data in memory(self.portal.pid):
            for what, text in texts.items():
                self.in_memory[what] = self.in_memory.get(what, 0) + data.count(text)


def memory(pid: int) -> Iterator[bytes]:
    """All that a process has in its memory and no file has; as a core dump would hold it."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in lines:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \d+\s*(\S*)", line)
            if found and not found[3].startswith("/"):
                start, end = int(found[1], 16), int(found[2], 16)
                file.seek(start)
                yield file.read(end - start)


def prove() -> Outcome:
    """On SQLite, then on PostgreSQL."""
    said, ok = [], True
    for kind in ("SQLite", "PostgreSQL"):
        server = postgres.server() if kind == "PostgreSQL" else None
        # What `portal export` and the others print is no part of the result.
        with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect(nowhere):
            portal = Portal(Path(folder), server.new_database() if server else None)
            portal.start("--no-tor")
            try:
                seizure = Seizure(portal, REPORTS, [server.folder] if server else [])
                seizure.run()
            finally:
                portal.close()
        ok = ok and not seizure.found
        said.append(tell(kind, seizure))
    return Outcome(ok, " ".join(said))


@contextlib.contextmanager
def redirect(stream: TextIO) -> Iterator[None]:
    """Both outputs of this process go to `stream`."""
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield


def tell(kind: str, seizure: Seizure) -> str:
    """The result in one line."""
    left = ", ".join(f"{what} {count} times" for what, count in seizure.in_memory.items() if count) or "nothing"
    found = "; ".join(dict.fromkeys(map(str, seizure.found[:5]))) or "nothing"
    return (
        f"{kind}: {found} found in {seizure.searched / 1e6:,.0f} MB after {len(seizure.marks.receipts)} reports; "
        f"in the process' memory, which Python does not erase: {left}."
    )
