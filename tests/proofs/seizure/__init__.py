"""What whoever seizes the server gets, searched for everything that reporters and desks said.

Searched are the state folder, tor's folder and its log, the temporary folder, the portal's log, the bundles and packs,
all of PostgreSQL's folder (heap, indexes, TOAST, write-ahead log, its own log): while the portal runs, after kill -9 of
it and of tor amid an upload, and after a stop. Every other visit comes through a private Tor network.
The memory of the portal that took the reports, and of its tor, is read too: right after the last answer, and once more
after further visits, before both are killed. It is told apart, since neither Python nor malloc nor tor erases it.
"""

import contextlib
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from tests import postgres
from tests.e2e.onion import client_of, through
from tests.e2e.parts import Portal
from tests.proofs import Outcome
from tests.proofs.seizure import visits
from tests.proofs.seizure.needles import Found, Search
from tests.proofs.seizure.remembered import Remembered, remember
from tests.proofs.seizure.tors import OwnTor, Tor, TorApart
from tests.proofs.seizure.visits import Marks, Way
from tor import PrivateNetwork
from tor.control import Endpoint

CLAIM = "Whoever seizes the server, running or not, finds no word of a report, a reply or a receipt on its disks."
REPORTS = 50
VISITS_AFTERWARDS = 20
"""Visits of others after the last report, before the memory is read again."""


class Seizure:
    """A portal with `reports` reports in it, on one database, whose parts can be searched at any time.

    `portal` and `tor` run when it is made; `proxy` is the SOCKS port of the visitors' tor.
    """

    def __init__(
        self,
        portal: Portal,
        tor: Tor,
        proxy: Endpoint,
        reports: int,
        beside: Mapping[str, Sequence[Path]] | None = None,
    ) -> None:
        self.portal = portal
        self.tor = tor
        self.reports = reports
        self.marks = Marks()
        self._beside = beside or {}
        self._ways = Way(f"http://{portal.published()}", through(proxy)), Way(portal.url)
        self.through_tor = 0
        """Reports that came through Tor."""
        self.searched: Counter[str] = Counter()
        """Bytes, by place."""
        self.found: list[Found] = []
        self.remembered: list[Remembered] = []
        """What was in the memory of the portal that took all reports so far, and of its tor."""

    def run(self) -> None:
        """All that there is, and all searches."""
        self.seize_running()
        self.seize_stopped()

    def seize_running(self) -> None:
        """File, answer, follow up, break off; search, kill, and search again."""
        portal, marks = self.portal, self.marks
        onion, preview = self._ways
        with visits.half_sent(onion, marks, "aborted upload"):
            words = [self._file(number) for number in range(self.reports)]
            self._search_memory("right after the last answer")
        visits.look_around(onion, marks)
        visits.look_around(preview, marks)
        visits.answer(portal, marks, portal.folder)
        for number, each in enumerate(words[::3]):
            visits.follow(self._ways[number % 2], marks, each)
        for _ in range(VISITS_AFTERWARDS):
            visits.look_around(preview, Marks())
        self._search_memory(f"after {VISITS_AFTERWARDS} further visits")
        with visits.half_sent(onion, marks, "cut upload"):
            self.search()
            self.tor.kill(portal)
        self.search()

    def seize_stopped(self) -> None:
        """Go on after the kill, tidy up, stop in order, and search again."""
        portal, (_, preview) = self.portal, self._ways
        self.tor.start()
        portal.restart()
        for _ in range(VISITS_AFTERWARDS):
            visits.look_around(preview, Marks())
        portal("tend", "--state", portal.state)
        self._file(4)
        portal.stop(signal.SIGTERM)
        self.tor.stop()
        self.search()

    def _file(self, number: int) -> str:
        """Every other report comes through Tor."""
        self.through_tor += number % 2 == 0
        return visits.file(self._ways[number % 2], self.marks, number)

    def search(self) -> None:
        """Look through everything on the disk."""
        search = Search(self.marks.all(), visits.STEM)
        for place, path in self._files():
            before = search.searched
            # tor and PostgreSQL go on, and give a file that was written whole another name.
            with contextlib.suppress(FileNotFoundError):
                self.found += search.file(path)
            self.searched[place] += search.searched - before

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Each file once, at the first place that has it."""
        portal, seen = self.portal, set()
        places: dict[str, Sequence[Path]] = {
            **self.tor.places(),
            "the portal's log": [portal.log],
            "bundles and packs": sorted(portal.folder.glob("*.tar")),
            "the state folder": [portal.state],
            "the temporary folder": [portal.temporary],
            "the keys": [portal.keys],
            **self._beside,
        }
        for place, roots in places.items():
            for path in (path for root in roots for path in ([root] if root.is_file() else sorted(root.rglob("*")))):
                if path.is_file() and path not in seen:
                    seen.add(path)
                    yield place, path

    def _search_memory(self, when: str) -> None:
        """What is still in the memory of both processes, of all that has been typed."""
        for process, pid in (("portal", self.portal.pid), ("tor", self.tor.pid)):
            self.remembered.append(remember(process, when, pid, self.marks.typed(), visits.STEM))


def prove() -> Outcome:
    """On SQLite with a tor of the portal's own, then on PostgreSQL with one apart."""
    said, ok = [], True
    with PrivateNetwork() as network:
        for kind, make in (("SQLite", OwnTor), ("PostgreSQL", TorApart)):
            server = postgres.server() if kind == "PostgreSQL" else None
            # What `portal export` and the others print is no part of the result.
            with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect(nowhere):
                database = server.new_database() if server else None
                beside = {"PostgreSQL's folder": [server.folder]} if server else {}
                with seizing(Path(folder), network, make, REPORTS, database, beside) as seizure:
                    seizure.run()
            ok = ok and not seizure.found and all(seizure.searched[place] for place in seizure.tor.places())
            said.append(tell(kind, seizure))
    return Outcome(ok, " ".join(said))


@contextlib.contextmanager
def seizing(
    folder: Path,
    network: PrivateNetwork,
    make: Callable[[Portal, PrivateNetwork], Tor],
    reports: int,
    database: str | None = None,
    beside: Mapping[str, Sequence[Path]] | None = None,
) -> Iterator[Seizure]:
    """A portal that runs in `folder` with a tor of this kind, to be seized; `beside` is searched as well."""
    portal = Portal(folder, database)
    tor = make(portal, network)
    try:
        tor.start()
        portal.start()
        yield Seizure(portal, tor, client_of(network), reports, beside)
    finally:
        portal.close()
        tor.stop()


@contextlib.contextmanager
def redirect(stream: TextIO) -> Iterator[None]:
    """Both outputs of this process go to `stream`."""
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield


def tell(kind: str, seizure: Seizure) -> str:
    """The result in one line."""
    found = "; ".join(dict.fromkeys(map(str, seizure.found[:5]))) or "nothing"
    places = ", ".join(f"{place} {size / 1e3:,.0f}" for place, size in seizure.searched.items())
    portal, tor = (
        "; ".join(str(one) for one in seizure.remembered if one.process == process) for process in ("portal", "tor")
    )
    return (
        f"{kind}, {seizure.tor.name}: {found} found in {seizure.searched.total() / 1e6:,.0f} MB (kB: {places}) after "
        f"{len(seizure.marks.receipts)} reports, {seizure.through_tor} of them through Tor; "
        f"in the memory of the process that took all {seizure.reports} reports: {portal}; in that of its tor: {tor} "
        "(Python, malloc and tor do not erase)."
    )
