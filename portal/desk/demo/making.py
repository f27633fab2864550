"""Make the desk of a demonstration: two years of visits with a stick, and of work between them."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random

from portal.channels import load
from portal.desk import cases, folder, keyring, people, session
from portal.desk.cases import Case
from portal.desk.demo.agenda import Agenda, Clock
from portal.desk.demo.casework import PEOPLE, Casework
from portal.desk.demo.exchange import NAME, DemoPortal
from portal.desk.demo.filings import DAYS, Filing, filings, follow_up
from portal.desk.demo.world import World
from portal.desk.importing import import_bundle
from portal.desk.packing import make_pack
from portal.desk.portals import Trust, find
from portal.desk.session import Desk

PASSPHRASE = "demonstration, not for real use"
NOTE = """\
DEMONSTRATION, NOT FOR REAL USE

Every report, person, place, website and account in this desk is invented. It was made by `desk demo` so that every
page of a desk can be looked at. Never receive a real report with it, and do not count it with real ones.
"""
_NOTE_FILE, _PASSPHRASE_FILE = "DEMONSTRATION.txt", "passphrase"
_VISIT_DAYS = (0, 3)
"""Somebody comes from the portal with a stick on Mondays and Thursdays, and today."""
_VISIT = time(8, 30)
_LAST_VISIT, _LAST_PACK = timedelta(hours=3), timedelta(hours=1)
"""Before now: the last bundle was imported, and the last pack was made, which the portal has not confirmed yet."""


@dataclass(frozen=True)
class Made:
    """What a demonstration holds: reports, follow-ups of theirs, and answers."""

    reports: int
    messages: int
    answers: int
    people: tuple[str, ...]


def make(
    root: Path,
    passphrase: str = PASSPHRASE,
    *,
    reports: int = 300,
    seed: int = 1,
    now: datetime | None = None,
    work_factor: int = keyring.WORK_FACTOR,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Made:
    """Make a new desk in `root` with `reports` invented reports of the two years before `now`.

    `progress` is called with the reports that have arrived, and all of them. Raises DeskError if `root` is not empty.
    """
    ring = session.make(root, NAME, passphrase, work_factor=work_factor)
    place = session.find(root)
    folder.write(root / _NOTE_FILE, NOTE.encode())
    if passphrase == PASSPHRASE:
        folder.write(root / _PASSPHRASE_FILE, f"{PASSPHRASE}\n".encode())
    end = now or session.now()
    clock = Clock(end - timedelta(days=DAYS + 1))
    with session.working(place, ring, writing=True, clock=clock) as desk:
        _let_in(desk, passphrase, work_factor)
    with session.working(place, ring, writing=True, clock=clock) as desk, tempfile.TemporaryDirectory() as between:
        # Nobody needs this desk after a power cut, and waiting for the disk would take most of the time.
        desk.casebook.run("PRAGMA synchronous = OFF")
        demo = _Demonstration(desk, clock, Path(between), reports, seed, end)
        made = demo.run(progress)
        desk.casebook.run("PRAGMA wal_checkpoint(TRUNCATE)")
    return made


def _let_in(desk: Desk, passphrase: str, work_factor: int) -> None:
    """Give every caseworker a keyring; all have the same passphrase, as only a demonstration may."""
    for person in PEOPLE:
        people.let_in(desk, person, passphrase, work_factor)


class _Demonstration:
    """One demonstration in the making."""

    def __init__(self, desk: Desk, clock: Clock, between: Path, reports: int, seed: int, end: datetime) -> None:
        random = Random(seed)  # noqa: S311 - the same seed is to give the same demonstration
        self._desk = desk
        self._clock = clock
        self._end = end
        self._random = random
        self._channels = load()
        world = World(random, reports)
        self._filings = list(filings(random, world, self._channels, reports, end.date()))
        self._later: list[Filing] = []
        self._threads: dict[bytes, Filing] = {}
        self._agenda = Agenda(random, clock)
        self._casework = Casework(desk, random, self._agenda, between, self._writes_again)
        self._portal = DemoPortal(desk.keyring.recipient, desk.name, between)
        self._pack = between / "pack.tar"
        self._messages = 0

    def run(self, progress: Callable[[int, int], None]) -> Made:
        waiting, total = list(reversed(self._filings)), len(self._filings)
        for visit in self._visits():
            self._agenda.run(visit)
            while waiting and waiting[-1].day <= visit.date():
                filing = waiting.pop()
                self._threads[filing.keys.locator] = filing
                self._portal.file(filing)
            self._visit()
            progress(total - len(waiting), total)
        self._agenda.run(self._end - _LAST_PACK)
        self._make_pack()
        self._agenda.run(self._end)
        self._casework.before_closing_time()
        return Made(total, self._messages, self._casework.answers, (self._desk.person, *PEOPLE))

    def _visits(self) -> Iterator[datetime]:
        last = self._end - _LAST_VISIT
        for number in range(DAYS + 1):
            day = self._end.date() - timedelta(days=DAYS - number)
            visit = datetime.combine(day, _VISIT, self._end.tzinfo)
            if day.weekday() in _VISIT_DAYS and visit < last:
                yield visit
        yield last

    def _visit(self) -> None:
        """The stick goes to the portal with a pack, and comes back with a bundle."""
        today = self._desk.today
        for filing in self._later:
            if filing.day <= today:
                self._portal.file(filing)
        self._later = [filing for filing in self._later if filing.day > today]
        if self._pack.exists():
            self._portal.take(self._pack, self._desk.keyring.verify_key)
            self._pack.unlink()
        trust = Trust(self._portal.key, NAME)
        outcome = import_bundle(self._desk, self._portal.export(today), self._channels, trust)
        for name in outcome.cases:
            self._casework.arrived(name)
        for name in outcome.messages:
            self._messages += 1
            self._casework.written_again(name)
        self._make_pack()

    def _make_pack(self) -> None:
        self._pack.unlink(missing_ok=True)
        make_pack(self._desk, find(self._desk.casebook, NAME), self._pack)

    def _writes_again(self, name: str, days: int) -> None:
        case = cases.find(self._desk.casebook, name)
        first = self._first(case)
        day = self._desk.today + timedelta(days=days)
        if day <= self._end.date():
            self._later.append(follow_up(self._random, first, first.draft.language, day))

    def _first(self, case: Case) -> Filing:
        (locator,) = self._desk.casebook.one("SELECT locator FROM cases WHERE id = ?", case.id)
        return self._threads[locator]
