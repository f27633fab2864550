"""Clients that take their time. The server hangs up by itself, at the latest after the bounds of `portal.limits`."""

from dataclasses import replace

from tests.attacked.attack import MAILBOX, REPORT, Attack, attack, get, post, request

_PAUSE = 0.02


def _stays(made: Attack) -> Attack:
    return replace(made, ends=False)


ATTACKS = [
    _stays(made)
    for made in (
        attack("nothing is sent", b""),
        attack("an empty line is sent", b"\r\n"),
        attack("half a request line", b"GET /en/"),
        attack("headers without their end", get()[:-2]),
        attack("headers byte by byte", get("/en/", "X: " + "x" * 2_000), pause=_PAUSE),
        attack("half a body", post(REPORT, b"x" * 10).replace(b"{length}", b"100000")),
        attack(
            "a body byte by byte",
            request("POST", MAILBOX, "Content-Length: 100000", body="x" * 2_000),
            pause=_PAUSE,
        ),
        attack("a chunk that does not come", request("POST", MAILBOX, "Transfer-Encoding: chunked", body="5\r\nab")),
        attack(
            "chunks byte by byte",
            request("POST", MAILBOX, "Transfer-Encoding: chunked", body="1\r\nx\r\n" * 1_000),
            pause=_PAUSE,
        ),
        attack(
            "an extension byte by byte",
            request("POST", MAILBOX, "Transfer-Encoding: chunked", body="1;" + "x" * 900),
            pause=_PAUSE,
        ),
        attack(
            "invited, and does not come", request("POST", MAILBOX, "Expect: 100-continue", "Content-Length: 5"), 100
        ),
        attack("a page, and then nothing", get(), 200),
        attack("a page, and then half a request", get() + b"GET /en/", 200),
        attack("a refused request, and then nothing", get("/en/", "no colon"), 400),
        attack("too much, and then nothing", request("POST", MAILBOX, "Content-Length: 999999999999"), 413),
    )
]
