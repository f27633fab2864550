"""kill -9 at any moment, under load, again and again: what was confirmed is there, once.

In every trial some reporters file reports, with and without files, one after the other, while the portal is killed at
a random moment, and on PostgreSQL sometimes the database server with it: by turns stopped at once, and killed with all
its processes. Then the portal starts again, and each reporter whose page did not load presses reload, as people do. At
the end the desks open everything.
"""

import contextlib
import os
import random
import tempfile
from pathlib import Path

from sqlalchemy import select

from portal.store import Store, sqlite_url
from portal.store.places import NUMBER_BITS
from portal.store.schema import chunk, item
from tests import postgres
from tests.e2e.parts import Portal
from tests.postgres import Server
from tests.proofs import Outcome
from tests.proofs.killed.reporters import Crowd, opened

CLAIM = "A portal that is killed at any moment loses no report whose receipt was shown, and has none twice."
TRIALS = 150
"""On each database."""
SEED = 4
LONGEST_SECONDS = 1.5
"""From the first request of a trial to the blow."""
SERVER_TOO = 2
"""On PostgreSQL the database server is struck as well, every so many trials."""


class Siege:
    """Trials on one portal. What went wrong is counted, and nothing stops them."""

    def __init__(self, portal: Portal, seed: int, server: Server | None = None) -> None:
        self.portal = portal
        self.crowd = Crowd(portal, seed)
        self.trials = 0
        self.stopped = self.killed = 0
        """How often the database server was stopped at once, and how often all its processes were killed."""
        self.slowest_start = 0.0
        """Seconds from the start of the program to its first answer."""
        self._server = server
        self._random = random.Random(seed)

    def trial(self) -> None:
        """One blow, and what people do after it."""
        self.trials += 1
        with self.crowd.filing():
            self.crowd.first_request.wait()
            self.crowd.pause(self._random.uniform(0, LONGEST_SECONDS))
            self.portal.crash()
            if self._server and self.trials % SERVER_TOO == 0:
                self._strike(self._server)
        self.slowest_start = max(self.slowest_start, self.crowd.timed(self.portal.restart))
        self.crowd.reload()

    def _strike(self, server: Server) -> None:
        if self.stopped > self.killed:
            server.kill()
            self.killed += 1
        else:
            server.stop()
            self.stopped += 1
        server.start()

    def judge(self, url: str) -> "Verdict":
        """What is in the database and at the desks, beside what reporters were told."""
        orphans = count_orphans(url)
        for name in self.portal.desks:
            self.portal.exchange(name)
        return Verdict(self, opened(self.portal), orphans)


class Verdict:
    """The count of one siege."""

    def __init__(self, siege: Siege, found: dict[str, int], orphans: int) -> None:
        confirmed = siege.crowd.confirmed
        self.trials = siege.trials
        self.stopped, self.killed = siege.stopped, siege.killed
        self.confirmed = len(confirmed)
        self.lost = sum(marker not in found for marker in confirmed)
        self.doubled = sum(count > 1 for count in found.values())
        self.changed_words = siege.crowd.changed_words
        self.orphans = orphans
        self.slowest_start = siege.slowest_start

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.orphans or self.changed_words)

    def __str__(self) -> str:
        server = f" (with the server stopped at once {self.stopped} times, all of it killed {self.killed} times)"
        return (
            f"{self.trials} kills{server if self.stopped else ''}, {self.confirmed} reports confirmed: "
            f"{self.lost} lost, {self.doubled} doubled, {self.changed_words} with other words after reload, "
            f"{self.orphans} orphaned chunks; slowest start {self.slowest_start:.1f} s"
        )


def count_orphans(url: str) -> int:
    """Items' chunks that belong to no item, and items without a chunk."""
    with contextlib.closing(Store(url)) as store, store._read() as connection:
        places = set(connection.scalars(select(item.c.place)))
        of_chunks = {place >> NUMBER_BITS for place in connection.scalars(select(chunk.c.place))}
    return len(of_chunks ^ places)


def siege(trials: int, seed: int, server: Server | None = None) -> Verdict:
    """So many trials, on PostgreSQL if there is a `server`."""
    url = server.new_database() if server else None
    with (
        tempfile.TemporaryDirectory() as folder,
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        portal = Portal(Path(folder), url)
        portal.start("--no-tor")
        try:
            begun = Siege(portal, seed, server)
            for _ in range(trials):
                begun.trial()
            return begun.judge(url or sqlite_url(portal.state / "portal.db"))
        finally:
            portal.close()


def prove() -> Outcome:
    """On SQLite, then on PostgreSQL."""
    verdicts = {"SQLite": siege(TRIALS, SEED), "PostgreSQL": siege(TRIALS, SEED + 1, postgres.server())}
    told = "; ".join(f"{kind}: {verdict}" for kind, verdict in verdicts.items())
    return Outcome(all(verdict.ok for verdict in verdicts.values()), f"{told}.")
