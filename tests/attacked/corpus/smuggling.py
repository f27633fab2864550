"""One request that two servers would read in two ways (RFC 9112 sections 5, 6 and 11.2): never more than one answer."""

from tests.attacked.attack import CANARY, attack, get, request

CHUNKED = "Transfer-Encoding: chunked"
SMUGGLED = "GET /en/help/safety HTTP/1.1\r\nHost: smuggled\r\n\r\n"
_LAST = "0\r\n\r\n"


def _post(*headers: str, body: str = "", version: str = "1.1") -> bytes:
    return request("POST", "/en/mailbox", *headers, body=body, version=version)


ATTACKS = [
    attack("CL.TE", _post("Content-Length: 6", CHUNKED, body=_LAST + "G"), 400),
    attack("CL.TE with a request behind", _post("Content-Length: 4", CHUNKED, body=_LAST + SMUGGLED), 400),
    attack("TE.CL", _post(CHUNKED, "Content-Length: 4", body=f"5c\r\n{SMUGGLED}\r\n{_LAST}"), 400),
    attack("TE.TE, the second one unknown", _post(CHUNKED, "Transfer-Encoding: x", body=_LAST), 400),
    attack("TE.TE, the first one unknown", _post("Transfer-Encoding: x", CHUNKED, body=_LAST), 400),
    attack("chunked twice", _post("Transfer-Encoding: chunked, chunked", body=_LAST), 400),
    attack("identity, chunked", _post("Transfer-Encoding: identity, chunked", body=_LAST), 400),
    attack("chunked, identity", _post("Transfer-Encoding: chunked, identity", body=_LAST), 400),
    attack("chunked with a parameter", _post("Transfer-Encoding: chunked;q=1", body=_LAST), 400),
    attack("chunked in quotes", _post('Transfer-Encoding: "chunked"', body=_LAST), 400),
    attack("chunked behind a comma", _post("Transfer-Encoding: ,chunked", body=_LAST), 400),
    attack("gzip, chunked", _post("Transfer-Encoding: gzip, chunked", body=_LAST), 400),
    attack("deflate", _post("Transfer-Encoding: deflate", body=SMUGGLED), 400),
    attack("chunked with a vertical tab", _post("Transfer-Encoding:\x0bchunked", body=_LAST), 400),
    attack("chunked with a NUL", _post("Transfer-Encoding: chunked\0", body=_LAST), 400),
    attack("chunked with a blank before the colon", _post("Transfer-Encoding : chunked", body=_LAST), 400),
    attack("chunked with a tab before the colon", _post("Transfer-Encoding\t: chunked", body=_LAST), 400),
    attack("chunked in a folded line", _post("Transfer-Encoding:", " chunked", body=_LAST), 400),
    attack("chunked folded onto another header", _post("X: y", "\tTransfer-Encoding: chunked", body=_LAST), 400),
    attack("chunked behind a bare LF", _post("X: y\nTransfer-Encoding: chunked", body=_LAST), 400),
    attack("chunked behind a bare CR", _post("X: y\rTransfer-Encoding: chunked", body=_LAST), 400),
    attack("chunked behind a NUL", _post("X: y\0Transfer-Encoding: chunked", body=_LAST), 400),
    attack("chunked without a value", _post("Transfer-Encoding:", body=_LAST), 400),
    attack("chunked in HTTP/1.0", _post(CHUNKED, body=_LAST, version="1.0"), 400),
    # An underscore is no hyphen: nothing is a length or a coding then, and what follows is a request of its own.
    attack("Transfer_Encoding", _post("Transfer_Encoding: chunked", body=_LAST), 403, 400),
    attack("Content_Length", _post("Content_Length: 5", body="hello\r\n\r\n"), 403, 400),
    attack("two lengths", _post("Content-Length: 5", "Content-Length: 6", body="hello!"), 400),
    attack("the same length twice", _post("Content-Length: 5", "Content-Length: 5", body="hello"), 400),
    attack("two lengths in one header", _post("Content-Length: 5, 6", body="hello!"), 400),
    attack("a length with a plus", _post("Content-Length: +5", body="hello"), 400),
    attack("a length below nothing", _post("Content-Length: -5", body="hello"), 400),
    attack("a hexadecimal length", _post("Content-Length: 0x5", body="hello"), 400),
    attack("a length with an underscore", _post("Content-Length: 1_0", body="hellohello"), 400),
    attack("a length in other digits", _post("Content-Length: \xb2", body="hi"), 400),
    attack("a length with a point", _post("Content-Length: 5.0", body="hello"), 400),
    attack("a length with an exponent", _post("Content-Length: 5e0", body="hello"), 400),
    attack("a length of many zeros and a 5", _post("Content-Length: " + "0" * 40 + "5", body="hello"), 403),
    attack("a length of 5,000 digits", _post("Content-Length: " + "1" * 5000), 400),
    attack("a length of 30 digits", _post("Content-Length: " + "1" * 30), 413),
    attack("a length with a word", _post(f"Content-Length: {CANARY}"), 400),
    attack("a length folded", _post("Content-Length:", " 5", body="hello"), 400),
    attack("a length behind a bare LF", _post("X: y\nContent-Length: 5", body="hello"), 400),
    attack("a length too short", _post("Content-Length: 4", body="hell" + SMUGGLED), 403, 400),
    attack("a length too long", _post("Content-Length: 500", body="hello")),
    attack(
        "a request in the body of a GET", request("GET", "/en/", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED), 200
    ),
    attack("a chunked GET", request("GET", "/en/", CHUNKED, body=_LAST), 200),
    attack("a chunked GET with a request behind", request("GET", "/en/", CHUNKED, body=_LAST + SMUGGLED), 200, 400),
    attack("all lines end in LF", get().replace(b"\r\n", b"\n")),
    attack("the first line ends in LF", get().replace(b"\r\n", b"\n", 1), 400),
    attack("headers end in LF LF", get().replace(b"\r\n\r\n", b"\n\n")),
    attack("headers end in LF CRLF", get().replace(b"\r\n\r\n", b"\n\r\n")),
    attack("lines end in CR", get().replace(b"\r\n", b"\r") + b"\r\n\r\n", 400),
    attack("lines end in CR CR LF", get().replace(b"\r\n", b"\r\r\n") + b"\r\n\r\n", 400),
    attack("a blank before the first header", get().replace(b"Host", b" Host"), 400),
    attack("a header without a name", get("/en/", f": {CANARY}"), 400),
    attack("a header without a colon", get("/en/", CANARY), 400),
    attack("a header with a blank in its name", get("/en/", f"X Y: {CANARY}"), 400),
    attack("a header with quotes in its name", get("/en/", f"{CANARY}: y"), 400),
    attack("a folded header", get("/en/", f"X: {CANARY}", f" {CANARY}"), 400),
    attack("a NUL in a header", get("/en/", "X: a\0b"), 400),
    attack("a control character in a header", get("/en/", "X: a\x01b"), 400),
    attack("DEL in a header", get("/en/", "X: a\x7fb"), 400),
    attack("a bare CR in a header", get("/en/", "X: a\rb"), 400),
    attack("h2c", get("/en/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"), 200),
    attack("a websocket", get("/en/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA=="), 400),
    attack("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    attack("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    attack("HTTP/0.9", b"GET /en/\r\n\r\n", 400),
    attack("HTTP/1.2", get(version="1.2"), 400),
    attack("HTTP/11.1", get(version="11.1"), 400),
    attack("HTTP/1.10", get(version="1.10"), 400),
    attack("http/1.1", get().replace(b"HTTP", b"http"), 400),
    attack("two blanks in the request line", get().replace(b"GET ", b"GET  "), 400),
    attack("a tab in the request line", get().replace(b"GET ", b"GET\t"), 400),
    attack("a blank behind the version", get().replace(b"1.1\r\n", b"1.1 \r\n", 1), 400),
    # RFC 9112 section 3 allows that.
    attack("a blank before the method", b" " + get(), 200),
    attack("nothing but a line break", b"\r\n"),
    attack("nothing at all", b""),
    attack("10,000 empty lines", lambda: b"\r\n" * 10_000),
]
