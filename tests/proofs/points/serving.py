"""A portal that serves dies at named points; it starts again, and the reporter presses reload."""

import itertools
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from portal import receipt, state
from portal.desk import session
from portal.report import Report
from portal.store import Store, sqlite_url
from portal.tickets import Seals
from portal.trial.reporter import Page, Reporter, Upload
from tests.clock import Clock
from tests.e2e.parts import PASSPHRASE, Portal
from tests.postgres import Server
from tests.proofs.killed import count_orphans
from tests.proofs.killed.reporters import GONE, opened
from tests.proofs.points import Point, Tally
from tests.proofs.points.table import ANSWERS

PROGRAM: tuple[str | Path, ...] = (sys.executable, "-m", "tests.planted.dying_portal")
START_SECONDS = 30.0
"""A portal that needs longer from its start to its first answer has not opened at once."""
FILE_BYTES = 2_500_000
"""Of the attachment: three chunks in the database."""
_numbers = itertools.count(1)


class Mortal(Portal):
    """A portal that can be told where to die."""

    def __init__(self, folder: Path, database: str | None) -> None:
        super().__init__(folder, database)
        self._told = folder / "dies at"
        self.program = (*PROGRAM, self._told)
        self.database = database or sqlite_url(self.state / "portal.db")

    def die_at(self, point: Point, act: Callable[[], object]) -> None:
        """Have it die while `act` is under way, and start it again."""
        self._told.write_text(f"{point.count} {point.reached}")
        with suppress(*GONE):
            assert act() is None, "it did not die, and answered"
        assert self.wait() == -signal.SIGKILL
        self._told.unlink()
        begin = time.monotonic()
        self.restart()
        assert time.monotonic() - begin < START_SECONDS, "it did not open at once"


@dataclass
class Thread:
    """A report with answers, in an open mailbox."""

    mailbox: Reporter
    page: Page

    @classmethod
    def begun(cls, portal: Portal) -> "Thread":
        """File a report, and have its desk answer it several times."""
        words = _report(portal)().texts["receipt"]
        portal.exchange("ecpat")
        desk = portal.desks["ecpat"]
        (case,) = desk.cases()
        text = portal.folder / "answer"
        for number in range(ANSWERS):
            text.write_text(f"Answer {number}.")
            desk("reply", case["id"], "--status", "under-review", "--text-file", text)
        portal.exchange("ecpat")
        mailbox = Reporter(portal.url)
        page = mailbox.send(mailbox.open("/en/mailbox").form("receipt"), {"receipt": words})
        assert len(page.replies) == ANSWERS
        return cls(mailbox, page)


class Visits:
    """Everything that reporters did at one portal, and what they were told."""

    def __init__(self, portal: Mortal, thread: Thread | None) -> None:
        self.portal = portal
        self.confirmed: dict[str, str | None] = {}
        """By the text that marks it, the words of each report; None for a message."""
        self._thread = thread

    def play(self, point: Point) -> list[str]:
        """Do something, at which the portal dies, and press reload twice: what was wrong."""
        try:
            acts = {"deletion": self._delete, "message": self._write, "stop": self._stop}
            acts.get(point.doing, self._file)(point)
            assert not count_orphans(self.portal.database), "a chunk without its item"
            assert not list((self.portal.state / state.SPOOL).iterdir()), "something lies in the spool"
        except Exception as error:  # noqa: BLE001  (whatever it is, the other points are still to be seen)
            return [f"{type(error).__name__}: {error}"]
        return []

    def _file(self, point: Point) -> None:
        marker = f"report number {next(_numbers)}"
        send = _report(self.portal, marker, with_file=point.doing == "report with a file")
        self.portal.die_at(point, send)
        first, second = send(), send()
        assert (first.status, second.status) == (200, 200), "a reload was refused"
        assert first.texts["receipt"] == second.texts["receipt"], "other words after a second reload"
        self.confirmed[marker] = first.texts["receipt"]

    def _write(self, point: Point) -> None:
        marker = f"message number {next(_numbers)}"
        thread = self._thread
        assert thread is not None
        form = thread.page.form("message")

        def send() -> Page:
            return thread.mailbox.send(form, {"message": marker}, multipart=False)

        self.portal.die_at(point, send)
        assert send().status == 200, "a reload was refused"
        thread.page = send()
        assert "Your message has been sent." in thread.page.body.decode()
        self.confirmed[marker] = None

    def _delete(self, point: Point) -> None:
        thread = self._thread
        assert thread is not None
        form, before = thread.page.form("reply"), thread.page.replies

        def send() -> Page:
            return thread.mailbox.send(form, {}, multipart=False)

        self.portal.die_at(point, send)
        assert send().status == 200, "a reload was refused"
        thread.page = send()
        assert thread.page.replies == before[1:], "not the one answer was deleted"

    def _stop(self, point: Point) -> None:
        self.portal.die_at(point, lambda: os.kill(self.portal.pid, signal.SIGTERM))

    def judge(self) -> list[str]:
        """What is at the desks, beside what reporters were told: what is wrong."""
        try:
            return list(self._judged())
        except Exception as error:  # noqa: BLE001  (an exchange that fails is no reason not to say what was found before)
            return [f"at the end, {type(error).__name__}: {error}"]

    def _judged(self) -> Iterator[str]:
        for name in self.portal.desks:
            self.portal.exchange(name)
        found = opened(self.portal)
        yield from (f"{marker} is lost" for marker in self.confirmed if marker not in found)
        yield from (f"{marker} is there {count} times" for marker, count in found.items() if count > 1)
        secrets = state.load(self.portal.state)
        salt = Seals(secrets.receipt_secret, secrets.session_secrets, Clock()).salt
        recipients = _recipients(self.portal)
        for marker, words in self.confirmed.items():
            keys = [receipt.derive(entropy, salt) for entropy in receipt.decode(words)] if words else []
            if keys and recipients[marker] not in {str(each.recipient) for each in keys}:
                yield f"{marker} has other words than its reporter was shown"
        with closing(Store(self.portal.database)) as store:
            yield from (f"an item still waits for {name}" for name in self.portal.desks if store.waiting_count(name))


def die(chosen: Sequence[Point], tally: Tally, server: Server | None) -> None:
    """One portal dies at each of these points, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        portal = Mortal(Path(folder), server.new_database() if server else None)
        portal.start("--no-tor")
        try:
            has_thread = any(point.doing in ("message", "deletion") for point in chosen)
            visits = Visits(portal, Thread.begun(portal) if has_thread else None)
            for point in chosen:
                tally.add(point, visits.play(point))
            tally.problems += visits.judge()
        finally:
            portal.close()


def _report(portal: Portal, marker: str = "the first report", *, with_file: bool = False) -> Callable[[], Page]:
    """A form that is filled in: what sends it, and sends it again."""
    reporter = Reporter(portal.url)
    form = reporter.open(f"/en/report/{'travel' if with_file else 'other'}").form("narrative")
    values = {"narrative": marker, "immediate_danger": "no", **({"country": "TH"} if with_file else {})}
    content = bytes(FILE_BYTES)

    def send() -> Page:
        upload = Upload("a.bin", "application/octet-stream", FILE_BYTES, [content])
        return reporter.send(form, values, [("attachment", upload)] if with_file else [], multipart=with_file)

    return send


def _recipients(portal: Portal) -> dict[str, str]:
    """Whom each report at a desk wants to be answered, by the text that marks it."""
    found = {}
    for desk in portal.desks.values():
        with session.open_desk(desk.folder, PASSPHRASE) as opened_desk:
            for (raw,) in opened_desk.casebook.all("SELECT report FROM messages"):
                report = msgspec.json.decode(raw, type=Report)
                found[report.narrative] = report.recipient
    return found
