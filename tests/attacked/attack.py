"""One request of the corpus: its bytes, and the answers that it must get.

The bytes are a template. `{host}`, `{token}`, `{ticket}` and the like stand for what a visit holds (`visit.Visit`), and
`{length}` for the size of what follows the first empty line, so that a body may hold any of them. Wherever `{host}`
stands, headers with the canary come along.
"""

from collections.abc import Callable
from dataclasses import dataclass

CANARY = "kanari<\"'&>vogel"
"""Stands in every request. Where an answer gives it back, each of the five characters must be escaped."""
CODED = "kanari%3C%22%27%26%3Evogel"
"""The same, percent-encoded."""
BOUNDARY = "----kanarivogel"


@dataclass(frozen=True)
class Attack:
    """What is sent on one connection, and the statuses of all answers to it, in their order; none means: hung up."""

    name: str
    raw: bytes | Callable[[], bytes]
    answers: tuple[int, ...]
    ends: bool = True
    """Whether our side is ended after the last byte; else the server must hang up by itself."""
    headless: bool = False
    """Whether all answers are to HEAD."""
    long: bool = False
    """Whether so much is given back that a page may be longer than 128 KiB; it doubles then."""
    pause: float = 0
    """Seconds between two bytes."""

    def template(self) -> bytes:
        """The bytes before anything is filled in."""
        return self.raw if isinstance(self.raw, bytes) else self.raw()


def attack(name: str, raw: bytes | Callable[[], bytes], *answers: int, **options: bool | float) -> Attack:
    """An attack, with its answers as they are said."""
    return Attack(name, raw, answers, **options)  # type: ignore[arg-type]


def request(method: str, target: str, *headers: str, body: str | bytes = b"", version: str = "1.1") -> bytes:
    """A request without framing of its own."""
    front = [f"{method} {target} HTTP/{version}", "Host: {host}", *headers]
    return "\r\n".join(front).encode("latin-1") + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def get(target: str = f"/en/?q={CODED}", *headers: str, version: str = "1.1") -> bytes:
    """A request for a page."""
    return request("GET", target, *headers, version=version)


def post(target: str, body: str | bytes, *headers: str, cookie: str = "{cookie}", kind: str = "") -> bytes:
    """A form that is sent, as a browser sends it: with its cookie and the length of its body."""
    kind = kind or "application/x-www-form-urlencoded"
    front = [f"Content-Type: {kind}", "Content-Length: {length}"]
    return request("POST", target, *front, *([f"Cookie: c={cookie}"] if cookie else []), *headers, body=body)


REPORT = "/en/report/other"
TRAVEL = "/en/report/travel"
MAILBOX = "/en/mailbox"
FIELDS = {"csrf_token": "{token}", "ticket": "{ticket}", "immediate_danger": "no", "narrative": CODED}
"""A report in the channel `other` that is accepted, percent-encoded."""


def form(**changes: str | None) -> str:
    """The fields of `FIELDS` with some changed, added, or left out (None), as a body."""
    fields = {name: value for name, value in (FIELDS | changes).items() if value is not None}
    return "&".join(f"{name}={value}" for name, value in fields.items())


def field(name: str, value: str | bytes, *headers: str) -> bytes:
    """A part of a multipart form."""
    front = [f'Content-Disposition: form-data; name="{name}"', *headers]
    return part("\r\n".join(front).encode("latin-1"), value)


def part(headers: bytes, value: str | bytes) -> bytes:
    """A part of a multipart form, with whatever headers."""
    content = value.encode() if isinstance(value, str) else value
    return b"--" + BOUNDARY.encode() + b"\r\n" + headers + b"\r\n\r\n" + content + b"\r\n"


TRAVEL_PARTS = b"".join(
    [
        field("csrf_token", "{token}"),
        field("ticket", "{ticket}"),
        field("immediate_danger", "no"),
        field("narrative", CANARY),
        field("country", "TH"),
    ]
)
"""A report in the channel `travel` that is accepted."""
LAST = f"--{BOUNDARY}--\r\n".encode()


def multipart(*parts: bytes, end: bytes = LAST, boundary: str = BOUNDARY, target: str = TRAVEL) -> bytes:
    """A multipart form that is sent."""
    return post(target, b"".join(parts) + end, kind=f"multipart/form-data; boundary={boundary}")
