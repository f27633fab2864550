"""What must be true of every answer, whatever was asked.

- It has the statuses that the attack must get, no more answers and no fewer; and never a 5xx, but the page that says
  that the portal is busy, where an attack expects that.
- The connection ends within its bound.
- Each answer, with its status line and headers, is 64 KiB, or 128 KiB where it gives back what was typed
  (docs/threat-model.md); and has our headers, all of them, and no other.
- Of what was sent, nothing stands in a header, and nothing unescaped on a page.
- The words of another visitor's receipt are never shown.
- The log has no line more.
"""

import re
from html.parser import HTMLParser

from portal.limits import KIB
from portal.web.headers import FIXED, NO_STORE, UNTIL_CLOSED
from tests.attacked.attack import CANARY, Attack
from tests.attacked.visit import Visit
from tests.attacked.wire import Answer, Exchange

SIZES = (64 * KIB, 128 * KIB)
LONG_SIZES = (*SIZES, 256 * KIB, 512 * KIB, 1024 * KIB, 2048 * KIB)
"""Of pages that give back more than the longest text that is accepted."""
BUSY = 503
_NAMES = {name.lower() for name in FIXED} | {
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "retry-after",
    "set-cookie",
}
"""No other header ever goes out."""
_VALUES = {
    "allow": r"[A-Z]+(, [A-Z]+)*",
    "cache-control": f"{NO_STORE}|{UNTIL_CLOSED}",
    "connection": "close|Keep-Alive",
    "content-length": "[0-9]+",
    "content-security-policy": r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:; "
    r"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "content-type": "text/html; charset=utf-8",
    "date": r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} 00:00:00 GMT",
    "retry-after": "[0-9]+",
    "set-cookie": "c=[A-Za-z0-9_-]{43}; HttpOnly; Path=/; SameSite=Lax",
} | {name.lower(): re.escape(value) for name, value in FIXED.items()}
_REQUIRED = _NAMES - {"allow", "connection", "retry-after", "set-cookie"}
_ENTITY = re.compile(rb"&(lt|gt|amp|quot|#34|#39);")
_BEGIN, _END = (word.encode() for word in re.split("<.*>", CANARY))
_FAR = 100
"""The end of a canary that is further away was cut off, bytes."""


def problems(attack: Attack, visit: Visit, exchange: Exchange) -> list[str]:
    """What is wrong with the answers to `attack`; nothing if all is well."""
    found = []
    if not exchange.closed:
        found.append(f"no end of the connection within {exchange.seconds:.1f} s")
    if exchange.statuses != attack.answers:
        found.append(f"the answers are {exchange.statuses}, not {attack.answers}")
    if exchange.rest:
        found.append(f"half an answer, or more than one: {exchange.rest[:80]!r}")
    for answer in exchange.answers:
        if answer.status == 100:
            continue
        if answer.status >= 500 and (answer.status != BUSY or BUSY not in attack.answers):
            found.append(f"status {answer.status}")
        found += _size_problems(answer, LONG_SIZES if attack.long else SIZES)
        found += _header_problems(answer)
        found += _echo_problems(answer)
        if visit.other.words.encode() in answer.body:
            found.append("another visitor's eight words")
    return found


def _size_problems(answer: Answer, sizes: tuple[int, ...]) -> list[str]:
    size = len(answer.head) + answer.announced
    return [] if size in sizes else [f"{size} bytes, no documented size"]


def _header_problems(answer: Answer) -> list[str]:
    headers = answer.headers
    names = [name for name, _ in headers]
    found = [f"the header {name} is missing" for name in sorted(_REQUIRED - set(names))]
    found += [f"the header {name} is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    for name, value in headers:
        if name not in _NAMES:
            found.append(f"the header {name}, which is not ours")
        elif not re.fullmatch(_VALUES[name], value):
            found.append(f"the header {name} is {value!r}")
    if b"kanari" in answer.head.lower():
        found.append("a word of the request in the headers")
    return found


class _Markup(HTMLParser):
    """Notes elements and attributes that a word of the request made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [tag, *(name for name, _ in attrs)]
        self.made += [name for name in names if "kanari" in name or "vogel" in name or name.startswith("on")]
        self.made += [tag for _ in range(tag == "script")]


def _echo_problems(answer: Answer) -> list[str]:
    """Unescaped words of the request on a page, and any words on a page that gives nothing back."""
    body = answer.body
    found = []
    at = body.find(_BEGIN)
    if at >= 0 and len(answer.head) + len(body) == SIZES[0]:
        found.append("a word of the request on a page that gives nothing back")
    while at >= 0:
        end = body.find(_END, at, at + _FAR)
        # Without its end, the canary was cut or taken apart: then no raw character may follow where one was sent.
        inside = body[at + len(_BEGIN) : end] if end >= 0 else body[at + len(_BEGIN) : at + len(_BEGIN) + 2]
        plain = _ENTITY.sub(b"", inside)
        dangerous = re.search(rb"[<>\"'&]", plain) if end >= 0 else inside == CANARY[6:8].encode()
        if dangerous:
            found.append(f"a word of the request unescaped: {body[at : at + 40]!r}")
            break
        at = body.find(_BEGIN, at + 1)
    if at >= 0 or _BEGIN in body:
        markup = _Markup()
        markup.feed(body.decode("utf-8", "replace"))
        found += [f"a word of the request became markup: {name[:40]}" for name in markup.made]
    return found


def log_problems(lines: list[str]) -> list[str]:
    """What is wrong with what was logged meanwhile: no request is worth a line."""
    return [f"logged: {line}" for line in lines]
