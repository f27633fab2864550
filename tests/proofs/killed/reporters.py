"""Reporters who file reports one after the other until the portal is gone, and press reload when it is back."""

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from portal.desk import session
from portal.report import Report
from portal.trial.reporter import Form, Page, Reporter, Upload
from tests.e2e.parts import PASSPHRASE, Portal

CLIENTS = 4
FILE_BYTES = 2_500_000
"""Of an attachment; every fourth report has one."""
GONE = (OSError, EOFError, http.client.HTTPException)
"""What a reporter's browser meets when the portal dies."""


@dataclass
class Attempt:
    """A report that is being filed, as its page would send it again."""

    marker: str
    reporter: Reporter
    form: Form
    file: bytes | None

    def send(self) -> str | None:
        """Its eight words, or None where the page says something else."""
        values = {"narrative": self.marker, "immediate_danger": "no", "country": "TH"}
        uploads = []
        if self.file is not None:
            uploads.append(("attachment", Upload("a.bin", "application/octet-stream", len(self.file), [self.file])))
        page: Page = self.reporter.send(self.form, values, uploads, multipart=bool(uploads))
        return page.texts.get("receipt") if page.status == 200 else None


class Crowd:
    """All reporters of a siege, and what they were told."""

    def __init__(self, portal: Portal, seed: int) -> None:
        self.confirmed: dict[str, str] = {}
        """The eight words of each report whose receipt was shown, by the text that marks it."""
        self.changed_words = 0
        self.first_request = threading.Event()
        self._portal = portal
        self._random = random.Random(seed)
        self._unsure: list[Attempt] = []
        self._lock = threading.Lock()
        self._count = 0

    @contextlib.contextmanager
    def filing(self) -> Iterator[None]:
        """Everybody files reports while the block runs, which ends with the portal."""
        self.first_request.clear()
        threads = [threading.Thread(target=self._file_until_gone) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()

    def reload(self) -> None:
        """Whoever saw no receipt sends the same page again, and one who did looks at it once more."""
        unsure, self._unsure = self._unsure, []
        for attempt in unsure:
            words = attempt.send()
            assert words is not None, "a reload after a kill was refused"
            before = self.confirmed.setdefault(attempt.marker, words)
            self.changed_words += before != words

    def pause(self, seconds: float) -> None:
        """The moment of the blow; there is nothing to wait for."""
        time.sleep(seconds)

    def timed(self, act: Callable[[], object]) -> float:
        """The seconds that an act takes."""
        begin = time.monotonic()
        act()
        return time.monotonic() - begin

    def _file_until_gone(self) -> None:
        while True:
            attempt = None
            try:
                attempt = self._open()
                self.first_request.set()
                words = attempt.send()
            except GONE:
                self.first_request.set()
                if attempt is not None:
                    self._keep(attempt)
                return
            if words is None:
                self._keep(attempt)
                continue
            with self._lock:
                self.confirmed[attempt.marker] = words
                if self._random.random() < 0.1:
                    self._unsure.append(attempt)

    def _keep(self, attempt: Attempt) -> None:
        with self._lock:
            self._unsure.append(attempt)

    def _open(self) -> Attempt:
        with self._lock:
            self._count += 1
            marker = f"report number {self._count}"
            file = self._random.randbytes(FILE_BYTES) if self._count % 4 == 0 else None
        reporter = Reporter(self._portal.url)
        return Attempt(marker, reporter, reporter.open("/en/report/travel").form("narrative"), file)


def opened(portal: Portal) -> dict[str, int]:
    """How often each report is at a desk, by the text that marks it."""
    found: Counter[str] = Counter()
    for desk in portal.desks.values():
        with session.open_desk(desk.folder, PASSPHRASE) as opened_desk:
            for (raw,) in opened_desk.casebook.all("SELECT report FROM messages"):
                found[msgspec.json.decode(raw, type=Report).narrative] += 1
            assert not opened_desk.casebook.one("SELECT 1 FROM quarantine LIMIT 1")
    return dict(found)
