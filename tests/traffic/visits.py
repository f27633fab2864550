"""Whole visits of several kinds against the real application, with what a watcher of the line can count of each."""

import math
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from portal import parcel, receipt
from portal.age import encrypt
from portal.exchange import month_after
from portal.report import write_reply
from portal.store import NewReply
from tests.intake_world import reply
from tests.web.browser import Browser, File, Form, Page, Values
from tests.web.test_report import NEEDED
from tests.web.world import CHANNELS, WebWorld

CELL_BYTES = 498
"""What one cell of Tor carries (tor-spec, RELAY_DATA); the watcher counts cells, not bytes."""
MEDIAN_REPORT_BYTES, MEDIAN_MESSAGE_BYTES = 700, 300
"""Texts are drawn from a log-normal distribution around these, bytes; one in six is 2.7 times as long or longer."""
MOST_TEXT_BYTES = 20_000
_HEADERS = (
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Connection: keep-alive",
    "Upgrade-Insecure-Requests: 1",
    "Priority: u=0, i",
    f"Host: {'a' * 56}.onion",
    f"Cookie: c={'a' * 43}",
)
_FORM_HEADERS = ("Origin: null", "Content-Length: 20000", f"Content-Type: multipart/form-data; boundary={'-' * 60}")
"""What Tor Browser sends around a request, and with a form."""
_BOUNDARY, _BOUNDARY_BYTES = b"----formboundary20c95f3b", 57
"""What `Browser` puts between the fields of a form, and how long that is in Firefox."""
_WORDS = ("hotel", "garçon", "Dienstag", "he", "said", "that", "beach", "a man of about fifty,", "photo", "again.\n")


@dataclass(frozen=True)
class Exchange:
    """One request and its answer: bytes up with headers, bytes down with headers."""

    is_post: bool
    up: int
    down: int

    @property
    def cells_up(self) -> int:
        """Cells that the request takes."""
        return -(-self.up // CELL_BYTES)


class Watched(Browser):
    """A visitor whose line is watched."""

    def __init__(self, world: WebWorld) -> None:
        super().__init__(world.app)
        self.seen: list[Exchange] = []

    def submit(
        self, form: Form, values: Values | None = None, files: Sequence[File] = (), multipart: bool = False
    ) -> Page:
        """Send a form in the coding that it asks for."""
        return super().submit(form, values, files, multipart or "enctype" in form.element.attributes)

    def _open(
        self, method: str, path: str, headers: Mapping[str, str], data: object = None, protocol: str = "HTTP/1.1"
    ) -> Page:
        page = super()._open(method, path, headers, data, protocol)
        lines = [f"{method} {path} HTTP/1.1", *_HEADERS, *(_FORM_HEADERS if data is not None else ()), "", ""]
        self.seen.append(Exchange(method == "POST", len("\r\n".join(lines)) + _size(data), page.wire_bytes))
        return page


def _size(data: object) -> int:
    """Bytes of a body."""
    if isinstance(data, MultiDict):
        return len(urlencode(list(data.items(multi=True))))
    return len(data) + data.count(_BOUNDARY) * (_BOUNDARY_BYTES - len(_BOUNDARY)) if isinstance(data, bytes) else 0


class Visits:
    """Plays visits in one world; `chance` decides on channels and texts."""

    def __init__(self, world: WebWorld, chance: random.Random) -> None:
        self._world = world
        self._chance = chance

    def filed(self, channel: str = "") -> list[Exchange]:
        """Start, form, report, one of the words typed; in any channel, or in one."""
        visitor = Watched(self._world)
        page = self._file(visitor, channel)
        word = self._chance.choice(page.text("receipt").split())
        assert visitor.submit(page.form("", "word"), {"word": word}).status == 200
        return visitor.seen

    def aborted(self) -> list[Exchange]:
        """Start, form, a page of help, the way out."""
        visitor = Watched(self._world)
        channel = self._chance.choice(CHANNELS)
        for path in ("/en/", f"/en/report/{channel}", "/en/help/safety", "/en/leave"):
            assert visitor.get(path).status == 200
        return visitor.seen

    def read(self) -> list[Exchange]:
        """Start, the words' form, the mailbox, its answer deleted."""
        visitor, page = self._mailbox()
        assert visitor.submit(page.form("delete")).successes
        return visitor.seen

    def wrote(self) -> list[Exchange]:
        """Start, the words' form, the mailbox, a message."""
        visitor, page = self._mailbox()
        assert visitor.submit(page.form("message"), {"message": self._text(MEDIAN_MESSAGE_BYTES)}).successes
        return visitor.seen

    def corrected(self) -> list[Exchange]:
        """Start, form, a report that comes back with an error, the same with what was missing."""
        visitor = Watched(self._world)
        visitor.get("/en/")
        form = visitor.get("/en/report/other").form("report/other")
        page = visitor.submit(form, {"immediate_danger": "no"})
        assert page.status == 400
        assert visitor.submit(page.form("report/other"), {"narrative": self._text(MEDIAN_REPORT_BYTES)}).status == 200
        return visitor.seen

    @property
    def kinds(self) -> dict[str, Callable[[], list[Exchange]]]:
        """The kinds of visits, as the table in docs/threat-model.md names them."""
        return {
            "reads and leaves": self.aborted,
            "files a report": self.filed,
            "reads an answer": self.read,
            "writes a message": self.wrote,
            "corrects a form": self.corrected,
        }

    def _file(self, visitor: Browser, channel: str = "") -> Page:
        channel = channel or self._chance.choice(CHANNELS)
        visitor.get("/en/")
        form = visitor.get(f"/en/report/{channel}").form(f"report/{channel}")
        page = visitor.submit(form, {**NEEDED[channel], "narrative": self._text(MEDIAN_REPORT_BYTES)})
        assert page.status == 200, page.alerts
        return page

    def _mailbox(self) -> tuple[Watched, Page]:
        """An opened mailbox with one answer, on a line that was not watched when its report was filed."""
        words = self._file(Browser(self._world.app), "self").text("receipt")
        visitor = Watched(self._world)
        visitor.get("/en/")
        form = visitor.get("/en/mailbox").form("mailbox")
        self._answer(words)
        return visitor, visitor.submit(form, {"receipt": words})

    def _answer(self, words: str) -> None:
        (entropy,) = receipt.decode(words)
        keys = receipt.derive(entropy, self._world.seals.salt)
        answer = reply(id=secrets.token_hex(16), channel="self", text="We read it. Thank you.")
        sealed = b"".join(encrypt([keys.recipient], [parcel.pack_reply(write_reply(answer), answer.text)]))
        counter = self._world.store.confirmed_pack("police") + 1
        new = [NewReply(bytes.fromhex(answer.id), keys.locator, sealed)]
        day = self._world.clock().date()
        self._world.store.apply_pack("police", counter, day.isoformat(), [], new, month_after(day, 12))

    def _text(self, median: int) -> str:
        size = min(MOST_TEXT_BYTES, max(20, int(self._chance.lognormvariate(math.log(median), 1.0))))
        text = ""
        while len(text) < size:
            text += self._chance.choice(_WORDS) + " "
        return text[:size]
