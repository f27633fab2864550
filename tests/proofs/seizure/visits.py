"""Reporters whose every word, file, name and header can be recognised, on a portal that runs."""

import contextlib
import http.client
import secrets
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from portal import receipt
from portal.trial.reporter import Connect, Page, Reporter, Upload, direct
from tests.e2e.parts import Portal
from tests.e2e.reports import SAMPLES, Sample

KINDS = (
    "answer",
    "file name",
    "content of a file",
    "follow-up",
    "answer of a desk",
    "refused text",
    "aborted upload",
    "cut upload",
    "path",
    "query",
    "User-Agent",
    "Referer",
    "X-Forwarded-For",
    "Accept-Language",
    "foreign cookie",
)
"""What is typed, sent or asked for; each is recognised by a text of its own, and so is the narrative of each report."""
STEM = "Kanarienvögel ".encode()
"""How each of these texts begins."""
FILE_BYTES = 700_000
"""Of an attachment: more than waitress or Werkzeug keep in memory."""
_LIST = {"en": "english", "fr": "french", "de": "english"}


def new_text() -> bytes:
    """A text that is nowhere else."""
    return STEM + f"{secrets.token_hex(8)} & Söhne".encode()


@dataclass
class Marks:
    """The texts by which everything is recognised again."""

    texts: dict[str, bytes] = field(default_factory=lambda: {kind: new_text() for kind in KINDS})
    narratives: list[bytes] = field(default_factory=list)
    """One a report, in their order."""
    receipts: list[tuple[str, str]] = field(default_factory=list)
    """Eight words and the language of their page."""

    def __getitem__(self, kind: str) -> str:
        return self.texts[kind].decode()

    def typed(self) -> dict[str, bytes]:
        """All that is text, by its name; the receipts as words."""
        found = self.texts | {f"narrative {number}": text for number, text in enumerate(self.narratives, 1)}
        return found | {f"receipt {number}": words.encode() for number, (words, _) in enumerate(self.receipts, 1)}

    def all(self) -> dict[str, bytes]:
        """Everything that must not be found, by its name; the receipts as words and as the bytes behind them."""
        found = self.typed()
        for number, (words, _) in enumerate(self.receipts, 1):
            for entropy in receipt.decode(words):
                found[f"receipt {number}, its bytes"] = entropy
        return found


@dataclass(frozen=True)
class Way:
    """How visitors reach the portal: at which address, and how they connect to it."""

    url: str
    connect: Connect = direct

    def connected(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        return self.connect(self.host)

    @property
    def host(self) -> str:
        return urllib.parse.urlsplit(self.url).netloc


class MarkedReporter(Reporter):
    """A visit with headers that no browser of ours would send."""

    def __init__(self, way: Way, marks: Marks) -> None:
        super().__init__(way.url, way.connect)
        self._marks = marks

    def _request(self, method: str, path: str, headers: dict[str, str], body: bytes | Iterator[bytes] | None) -> Page:
        sent = {name: quoted(self._marks[name]) for name in ("User-Agent", "Referer", "Accept-Language")}
        cookie = f"tracker={quoted(self._marks['foreign cookie'])}"
        if self.cookie is not None:
            cookie = f"{self.cookie}; {cookie}"
        kept, self.cookie = self.cookie, cookie
        try:
            page = super()._request(method, path, {**headers, **sent}, body)
        finally:
            self.cookie = kept if self.cookie == cookie else self.cookie
        return page


def quoted(text: str) -> str:
    """A text as a header or an address can carry it."""
    return urllib.parse.quote(text, safe=" ").replace(" ", "+")


def look_around(way: Way, marks: Marks) -> None:
    """Ask for a page that is not there, for one with a query, and through a proxy that names its client."""
    forwarded = {"X-Forwarded-For": quoted(marks["X-Forwarded-For"])}
    # In a path a plus stays one: a blank that is sent as one would be found in no log that has the path decoded.
    missing = urllib.parse.quote(marks["path"])
    asked = [(missing, {}), (f"en/report/travel?{quoted(marks['query'])}", {}), ("", forwarded)]
    with contextlib.closing(way.connected()) as connection:
        for path, headers in asked:
            connection.request("GET", f"/{path}", headers=headers)
            connection.getresponse().read()


def file(way: Way, marks: Marks, number: int) -> str:
    """File report `number` of any channel in turn, after one refused attempt; its eight words."""
    sample = SAMPLES[number % len(SAMPLES)]
    narrative = new_text()
    marks.narratives.append(narrative)
    reporter = MarkedReporter(way, marks)
    form = reporter.open(f"/{sample.language}/report/{sample.channel}").form("narrative")
    refused = reporter.send(form, {"narrative": marks["refused text"] * 1_000})
    assert refused.status != 200
    page = reporter.send(refused.form("narrative"), _values(sample, marks, narrative), _uploads(sample, marks))
    words = page.texts["receipt"]
    marks.receipts.append((words, sample.language))
    if number % 2:
        confirmed = reporter.send(page.form("word"), {"word": words.split(" ")[4]})
        assert "receipt-confirmed" in confirmed.texts
    return words


def _values(sample: Sample, marks: Marks, narrative: bytes) -> dict[str, object]:
    values: dict[str, object] = dict(sample.values)
    values["narrative"] = narrative.decode()
    for key, value in sample.values.items():
        if isinstance(value, str) and "Kanarienvogel" in value and key not in ("narrative", "urls"):
            values[key] = marks["answer"]
    return values


def _uploads(sample: Sample, marks: Marks) -> list[tuple[str, Upload]]:
    content = marks.texts["content of a file"]
    whole = content * (FILE_BYTES // len(content))
    name = f"{marks['file name']}.jpg"
    return [("attachment", Upload(name, "image/jpeg", len(whole), [whole])) for _ in sample.attachments]


def follow(way: Way, marks: Marks, words: str) -> None:
    """Read the answers of a thread, add something, and delete one of them."""
    reporter = MarkedReporter(way, marks)
    page = reporter.send(reporter.open("/en/mailbox").form("receipt"), {"receipt": words})
    sent = reporter.send(page.form("message"), {"message": marks["follow-up"]}, multipart=False)
    if page.replies:
        assert len(reporter.send(sent.form("reply"), {}).replies) == len(page.replies) - 1


@contextlib.contextmanager
def half_sent(way: Way, marks: Marks, kind: str) -> Iterator[None]:
    """A report with a file that stays unfinished while the block runs, and is broken off at its end."""
    reporter = MarkedReporter(way, marks)
    form = reporter.open("/en/report/travel").form("narrative")
    fields = form.filled({"narrative": marks[kind], "immediate_danger": "no", "country": "TH"})
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    head = f'--x\r\nContent-Disposition: form-data; name="attachment"; filename="{marks[kind]}"\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + marks.texts[kind] * 50_000
    headers = (
        f"POST {form.action} HTTP/1.1\r\nHost: {way.host}\r\nCookie: {reporter.cookie}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body) + 100_000}\r\n\r\n"
    )
    with contextlib.closing(way.connected()) as connection:
        connection.send(headers.encode() + body)
        yield


def answer(portal: Portal, marks: Marks, folder: Path) -> None:
    """Carry everything to the desks, answer all of it, and carry the answers back."""
    text = folder / "answer.txt"
    text.write_text(marks["answer of a desk"], "utf-8")
    for name, desk in portal.desks.items():
        portal.exchange(name)
        for case in desk.cases():
            desk("reply", case["id"], "--status", "under-review", "--text-file", text)
        portal.exchange(name)
