"""What a request of the corpus may carry, gathered as a reporter gathers it: by opening pages and sending forms."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from portal.receipt import ThreadKeys
from portal.tickets import Seals, new_visitor, parse_visitor, visitor_text
from tests.attacked.attack import CANARY, MAILBOX, REPORT, form, get, post
from tests.attacked.wire import Answer, Exchange

Send = Callable[[bytes], Exchange]
"""Sends filled-in bytes on a connection of their own."""
_COOKIE = re.compile(rb"\r\nSet-Cookie: c=([^;]+);")
_FIELD = '<input type="hidden" name="%s" value="([^"]*)"'
_WORDS = re.compile(rb'id="receipt"[^>]*>\s*([^<]+?)\s*<')


@dataclass(frozen=True)
class Visitor:
    """One browser and what its pages held: host, cookie, token, ticket (of a fresh form), capsule, proof, words and
    filed_ticket (of the form that was filed)."""

    values: dict[str, str]

    @property
    def words(self) -> str:
        """The eight words of its receipt."""
        return self.values["words"]


def visitor(send: Send, host: str) -> Visitor:
    """A reporter who has filed a report, opened the mailbox with its words, and has a fresh form open."""
    page = _page(send(_filled(get(REPORT), {"host": host})))
    cookie = _COOKIE.search(page.head)
    assert cookie, page.head
    values = {"host": host, "cookie": cookie[1].decode(), "token": _field(page, "csrf_token")}
    values["filed_ticket"] = values["ticket"] = _field(page, "ticket")
    page = _page(send(_filled(post(REPORT, form(narrative="filed")), values)))
    words = _WORDS.search(page.body)
    assert words, page.body[:4000]
    values["words"], values["proof"] = words[1].decode(), _field(page, "filed")
    mailbox = form(narrative=None, ticket=None, receipt="+".join(values["words"].split()))
    page = _page(send(_filled(post(MAILBOX, mailbox), values)))
    values["capsule"] = _field(page, "capsule")
    page = _page(send(_filled(get(REPORT, f"Cookie: c={values['cookie']}"), values)))
    values["ticket"] = _field(page, "ticket")
    return Visitor(values)


class Visit:
    """A visitor, another one, and what either would hold on another day.

    `{other_ticket}` is the other's, `{old_ticket}` ours of three days ago, `{future_ticket}` ours of tomorrow;
    `{nobody}` is a cookie that nobody has, `{words+}` are the words as a form sends them, `{onion}` is the host without
    a header.
    """

    def __init__(self, send: Send, host: str, seals: Callable[[timedelta], Seals]) -> None:
        self.mine, self.other = visitor(send, host), visitor(send, host)
        self._values = dict(self.mine.values)
        self._values |= {f"other_{name}": value for name, value in self.other.values.items()}
        for name, days in (("old", -3), ("yesterdays", -1), ("future", 1)):
            made = self._made(seals(timedelta(days)))
            self._values |= {f"{name}_{mark}": value for mark, value in made.items()}
        self._values |= {"nobody": visitor_text(new_visitor()), "onion": host, "ONION": host.upper()}
        self._values |= {f"{who}+": "+".join(self._values[who].split()) for who in ("words", "other_words")}

    def _made(self, seals: Seals) -> dict[str, str]:
        """Our ticket and capsule as the portal would have made them on another day."""
        cookie = parse_visitor(self.mine.values["cookie"])
        assert cookie is not None
        capsule = seals.new_capsule(ThreadKeys(bytes(32), bytes(32), bytes(32)), None, None)
        return {"ticket": seals.issue_ticket("en"), "capsule": seals.seal_capsule(cookie, capsule)}

    def fill(self, template: bytes) -> bytes:
        """The bytes to send."""
        return _filled(template, self._values)


def _filled(template: bytes, values: dict[str, str]) -> bytes:
    for name, value in values.items():
        if name == "host":
            value += f"\r\nUser-Agent: {CANARY}\r\nReferer: http://{CANARY}/"
        template = template.replace(b"{%s}" % name.encode(), value.encode())
    head, empty, body = template.partition(b"\r\n\r\n")
    return head.replace(b"{length}", b"%d" % len(body)) + empty + body


def _page(exchange: Exchange) -> Answer:
    assert exchange.statuses == (200,), exchange.statuses
    return exchange.answers[0]


def _field(page: Answer, name: str) -> str:
    found = re.search((_FIELD % name).encode(), page.body)
    assert found, f"no field {name} on the page"
    return found[1].decode()
