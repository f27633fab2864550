"""Many requests on one connection: each gets its own answer, in order, and none of another."""

from tests.attacked.attack import CANARY, MAILBOX, REPORT, attack, get, request

_BAD = get("/en/", "no colon")
_HEAD = request("HEAD", "/en/")
_REFUSED = request("POST", REPORT, f"Content-Length: {len(CANARY)}", body=CANARY)

ATTACKS = [
    attack("60 pages", get() * 60, *[200] * 60),
    attack("a page, a report, a page", get() + _REFUSED + get(), 200, 403, 200),
    attack("empty lines between", b"\r\n\r\n" + get() + b"\r\n\r\n" + get(), 200, 200),
    attack("one that is refused in the middle", get() + _BAD + get(), 200, 400),
    attack("one that closes in the middle", get() + get("/en/", "Connection: close") + get(), 200, 200),
    attack("HTTP/1.0 in the middle", get() + get(version="1.0") + get(), 200, 200),
    attack("HTTP/1.0 that stays", get("/en/", "Connection: keep-alive", version="1.0") * 3, 200, 200, 200),
    attack("nothing there 20 times", get("/kanari") * 20, *[404] * 20),
    attack("refused by name 20 times", get("/en/", "Via: kanari") * 20, *[403] * 20),
    attack("HEAD 20 times", _HEAD * 20, *[200] * 20, headless=True),
    attack("garbage behind a page", get() + b"\0\x01kanari\r\n\r\n", 200, 400),
    attack("half a request behind a page", get() + b"GET /en/ HT", 200),
    attack("four forms without a token", _REFUSED * 4, *[403] * 4),
    attack(
        "Expect, then a page",
        request("POST", MAILBOX, "Expect: 100-continue", "Content-Length: 5") + b"hello" + get(),
        100,
        403,
        200,
    ),
    attack("too large, then a page", request("POST", MAILBOX, "Content-Length: 999999999999") + get(), 413),
]
