"""Names: only our own address may be asked, and only directly."""

from tests.attacked.attack import CANARY, attack, get


def _host(value: str, version: str = "1.1") -> bytes:
    return get(version=version).replace(b"Host: {host}", f"Host: {value}".encode("latin-1"))


ATTACKS = [
    attack("in capitals", get("/en/").replace(b"{host}", b"{ONION}"), 200),
    attack("with port 80", _host("{onion}:80"), 200),
    attack("with port 81", _host("{onion}:81"), 400),
    attack("with port 080", _host("{onion}:080"), 400),
    attack("with a port that is none", _host("{onion}:kanari"), 400),
    attack("with a dot behind", _host("{onion}."), 400),
    attack("as a part of another", _host("{onion}.kanari.example"), 400),
    attack("behind another", _host("kanari.{onion}"), 400),
    attack("behind a user", _host("kanari@{onion}"), 400),
    attack("with a path", _host("{onion}/kanari"), 400),
    attack("with a blank within", _host("{onion} kanari"), 400),
    attack("with blanks around", _host("  {onion}  "), 200),
    attack("with a comma", _host("{onion},kanari"), 400),
    attack("with a NUL", _host("{onion}\0"), 400),
    attack("with a word", _host(CANARY), 400),
    attack("with a long word", _host("x" * 10_000), 400),
    attack("not ASCII", _host("\xe4\xf6\xfc"), 400),
    attack("an address", _host("127.0.0.1"), 400),
    attack("an IPv6 address", _host("[::1]"), 400),
    attack("half an IPv6 address", _host("[::1"), 400),
    attack("localhost", _host("localhost.kanari"), 400),
    attack("empty", _host(""), 400),
    attack("none", b"GET /en/ HTTP/1.1\r\n\r\n", 400),
    attack("none in HTTP/1.0", b"GET /en/ HTTP/1.0\r\n\r\n", 400),
    attack("twice", get("/en/", "Host: kanari.example"), 400),
    attack("twice the same", get("/en/", "Host: {onion}"), 400),
    attack("another in X-Forwarded-Host", get("/en/", "X-Forwarded-Host: kanari.example"), 403),
    attack("another in X-Host", get("/en/", "X-Host: kanari.example"), 200),
    attack("another in Forwarded", get("/en/", f"Forwarded: host={CANARY}"), 403),
    attack("through a gateway", get("/en/", "X-Tor2web: 1"), 403),
    attack("through a proxy", get("/en/", f"Via: 1.1 {CANARY}"), 403),
    attack("for somebody else", get("/en/", f"X-Forwarded-For: {CANARY}"), 403),
    attack("for somebody else, empty", get("/en/", "X-Forwarded-For:"), 403),
    attack("for somebody else, 500 times", get("/en/", *["X-Forwarded-For: 1.1.1.1"] * 500), 403),
    attack("another method", get("/en/", "X-HTTP-Method-Override: DELETE"), 200),
    attack("another address", get("/en/", f"X-Original-URL: /{CANARY}", f"X-Rewrite-URL: /{CANARY}"), 200),
    attack("a proxy's word", get("/en/", f"Proxy: http://{CANARY}"), 200),
]
