"""The chunked coding (RFC 9112 section 7.1) stretched: sizes, extensions, trailers, and bodies that do not end."""

from tests.attacked.attack import CANARY, MAILBOX, attack, request


def _send(body: str | bytes, target: str = MAILBOX) -> bytes:
    return request("POST", target, "Transfer-Encoding: chunked", "Cookie: c={cookie}", body=body)


def _ones(count: int) -> bytes:
    return _send(b"1\r\nx\r\n" * count + b"0\r\n\r\n")


ATTACKS = [
    attack("one byte a chunk", lambda: _ones(50_000), 403),
    attack("one byte a chunk, and no end", lambda: _ones(50_000)[:-5]),
    attack("no chunk", _send("0\r\n\r\n"), 403),
    attack("many zeros", _send("000000000000000\r\n\r\n"), 403),
    attack("too many zeros", _send("0000000000000000\r\n\r\n"), 400),
    attack("a size in capitals", _send("A\r\n0123456789\r\n0\r\n\r\n"), 403),
    attack("an extension", _send(f"1;{CANARY}\r\nx\r\n0\r\n\r\n"), 403),
    attack("an extension of 900 bytes", _send("1;" + "x" * 900 + "\r\nx\r\n0\r\n\r\n"), 403),
    attack("an extension of 1,100 bytes", _send("1;" + "x" * 1100 + "\r\nx\r\n0\r\n\r\n"), 400),
    attack("an extension that does not end", lambda: _send("1;" + "x" * 1_000_000), 400),
    attack("an extension on each of 10,000 chunks", lambda: _send(b"1;x=y\r\nx\r\n" * 10_000 + b"0\r\n\r\n"), 403),
    attack("an extension with a line break", _send("1;x\ny\r\nx\r\n0\r\n\r\n"), 400),
    attack("an extension with a NUL", _send("1;\0\r\nx\r\n0\r\n\r\n"), 400),
    attack("an extension after a blank", _send("1 ;x\r\nx\r\n0\r\n\r\n"), 400),
    attack("a trailer", _send(f"0\r\nX: {CANARY}\r\n\r\n"), 403),
    attack("a trailer that would be the host", _send("0\r\nHost: smuggled\r\n\r\n"), 403),
    attack("a trailer that would be the length", _send("0\r\nContent-Length: 100\r\n\r\n"), 403),
    attack("a trailer that would be the cookie", _send("0\r\nCookie: c={other_cookie}\r\n\r\n"), 403),
    attack("a trailer of a million lines", lambda: _send(b"0\r\n" + b"x: y\r\n" * 1_000_000), 400),
    attack("a trailer of one line without end", lambda: _send(b"0\r\n" + b"x" * 1_000_000), 400),
    attack("a trailer with a bare LF", _send("0\r\nX: y\n\r\n"), 400),
    attack("below nothing", _send("-1\r\nx\r\n0\r\n\r\n"), 400),
    attack("a plus", _send("+1\r\nx\r\n0\r\n\r\n"), 400),
    attack("0x1", _send("0x1\r\nx\r\n0\r\n\r\n"), 400),
    attack("an underscore", _send("1_0\r\n0123456789012345\r\n0\r\n\r\n"), 400),
    attack("a blank", _send("1 \r\nx\r\n0\r\n\r\n"), 400),
    attack("a blank before it", _send(" 1\r\nx\r\n0\r\n\r\n"), 400),
    attack("a tab", _send("1\t\r\nx\r\n0\r\n\r\n"), 400),
    attack("no size", _send("\r\nx\r\n0\r\n\r\n"), 400),
    attack("a word", _send(f"{CANARY}\r\n"), 400),
    attack("another digit", _send("\u0661\r\nx\r\n0\r\n\r\n"), 400),
    attack("2^60 - 1 bytes announced", _send("f" * 15 + "\r\nx")),
    attack("2^64 - 1 bytes announced", _send("f" * 16 + "\r\nx"), 400),
    attack("2^64 + 1 bytes announced", _send("1" + "0" * 15 + "1\r\nx\r\n0\r\n\r\n"), 400),
    attack("a size of 2,000 digits", _send("f" * 2000), 400),
    attack("longer than said", _send("1\r\nxx\r\n0\r\n\r\n"), 400),
    attack("shorter than said", _send("5\r\nxx\r\n0\r\n\r\n"), 400),
    attack("a chunk that ends in LF", _send("1\r\nx\n0\r\n\r\n"), 400),
    attack("a size that ends in LF", _send("1\nx\r\n0\r\n\r\n"), 400),
    attack("a size that ends in CR", _send("1\rx\r\n0\r\n\r\n"), 400),
    attack("a chunk without its end", _send("1\r\nx0\r\n\r\n"), 400),
    attack("no last chunk", _send("1\r\nx\r\n")),
    attack("no end behind the last chunk", _send("1\r\nx\r\n0\r\n")),
    attack("a request behind the last chunk", _send("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"), 403, 400),
    attack("a word behind the last chunk", _send(f"0\r\n\r\n{CANARY}\r\n\r\n"), 403, 400),
]
