"""What whoever seizes the server gets, searched for everything that reporters and desks said.

Searched are the state folder, tor's folder and its log, the temporary folder, the portal's log, the bundles and packs,
all of PostgreSQL's folder (heap, indexes, TOAST, write-ahead log, its own log): while the portal runs, after kill -9 of
it and of tor amid an upload, and after a stop. Every other visit comes through a private Tor network.
The memory of the running portal and of its tor is read too. It is told apart, since neither erases it.
"""

import contextlib
import os
import re
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
from tests.proofs.seizure.tors import OwnTor, Tor, TorApart
from tests.proofs.seizure.visits import Marks, Way
from tor import PrivateNetwork
from tor.control import Endpoint

CLAIM = "Whoever seizes the server, running or not, finds no word of a report, a reply or a receipt on its disks."
REPORTS = 50
VISITS_AFTERWARDS = 20
"""Visits of others after the last report, before the memory is read."""


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
        self.in_memory: dict[str, Counter[str]] = {}
        """By process and text, how many times it was there."""

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
        visits.look_around(onion, marks)
        visits.look_around(preview, marks)
        visits.answer(portal, marks, portal.folder)
        for number, each in enumerate(words[::3]):
            visits.follow(self._ways[number % 2], marks, each)
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
        for _ in range(VISITS_AFTERWARDS):
            visits.look_around(preview, Marks())
        for name, pid in (("portal", portal.pid), ("tor", self.tor.pid)):
            self._search_memory(name, pid)
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

    def _search_memory(self, name: str, pid: int) -> None:
        """How many of the texts are still in the memory of a process, which has passed on its answers long ago."""
        texts, found = self.marks.all(), self.in_memory.setdefault(name, Counter())
        for data in memory(pid):
            for what, text in texts.items():
                found[what] += data.count(text)


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
    left = "; ".join(
        f"of the {name}, " + (", ".join(f"{what} {count} times" for what, count in texts.items() if count) or "nothing")
        for name, texts in seizure.in_memory.items()
    )
    return (
        f"{kind}, {seizure.tor.name}: {found} found in {seizure.searched.total() / 1e6:,.0f} MB (kB: {places}) after "
        f"{len(seizure.marks.receipts)} reports, {seizure.through_tor} of them through Tor; "
        f"left in memory, which neither Python nor tor erases: {left}."
    )
