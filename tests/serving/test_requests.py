"""What reaches the application, what is refused, and how many answers there are to it."""

import hashlib
import json
import socket
from collections.abc import Callable

import pytest

from portal import limits
from tests.serving.world import ERROR_BODY, PAGE, World, chunks, get, post, request

CHUNKED = "Transfer-Encoding: chunked"
HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(get(), id="plain"),
        pytest.param(b"\r\n\r\n" + get(), id="empty lines first (RFC 9112 2.2)"),
        pytest.param(get("http://a.onion/"), id="absolute form"),
        pytest.param(get("http://a.onion"), id="absolute form without a path"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", id="HTTP/1.0 without Host"),
        pytest.param(get("//x"), id="two slashes"),
        pytest.param(get("/?q=%00#f"), id="odd characters"),
        pytest.param(get("/", "Expect: 100-continue"), id="Expect without a body"),
        pytest.param(get("/", "Expect: the-unexpected"), id="another Expect"),
        pytest.param(get("/", "X:" + " " * 90 + "a" + "\t" * 90), id="blanks"),
        pytest.param(get("/", "X_Y: a"), id="underscore"),
        pytest.param(get("/", "X: \xff"), id="not ASCII"),
        pytest.param(request("POST", "/", "Content-Length: 0"), id="empty body"),
        pytest.param(request("POST", "/", "Content-Length: 5", body=b"hello"), id="unread body"),
    ],
)
def test_reaches_the_application(world: World, raw: bytes) -> None:
    client = world.client().send(raw)
    answer = client.answer()
    assert (answer.status, answer.body) == (200, PAGE)
    if not raw.startswith(b"GET / HTTP/1.0"):
        # The connection is in step: the next request is understood.
        assert client.send(get()).answer().status == 200


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", 400, id="not HTTP"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, id="TLS"),
        pytest.param(b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="small letters"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no Host"),
        pytest.param(get("/", "Host: b.onion"), 400, id="two Hosts"),
        pytest.param(get("/").replace(b"a.onion", b"a.onion, b.onion"), 400, id="two Hosts in one"),
        pytest.param(get("x"), 400, id="no path"),
        pytest.param(get("*"), 400, id="asterisk"),
        pytest.param(request("CONNECT", "a.onion:80"), 400, id="CONNECT"),
        pytest.param(get("http://[::1/"), 400, id="not a URI"),
        pytest.param(get("/", version="2.0"), 400, id="HTTP/2.0"),
        pytest.param(get("/", version="1.2"), 400, id="HTTP/1.2"),
        pytest.param(b"GET /\r\n\r\n", 400, id="HTTP/0.9"),
        pytest.param(get("/", "no colon"), 400, id="not a header"),
        pytest.param(get("/", "X : a"), 400, id="blank before the colon"),
        pytest.param(get("/", "X: a", " b"), 400, id="folded header"),
        pytest.param(get("/", "X: a\nY: b"), 400, id="bare LF"),
        pytest.param(get("/", "X: a\rY: b"), 400, id="bare CR"),
        pytest.param(get("/", "X: a\0b"), 400, id="NUL"),
        pytest.param(get("/", "X: " + "x" * limits.HEADER_BYTES), 431, id="headers too long"),
        pytest.param(get("/" + "x" * limits.HEADER_BYTES), 431, id="target too long"),
        pytest.param(get("/", *["X: a"] * 3000), 431, id="too many headers"),
        # Two readings of one body are how requests are smuggled.
        pytest.param(post(b"0\r\n\r\n", CHUNKED), 400, id="CL.TE"),
        pytest.param(request("POST", "/", CHUNKED, "Content-Length: 3", body=b"0\r\n\r\n"), 400, id="TE.CL"),
        pytest.param(request("POST", "/", "CONTENT-LENGTH: 3", "transfer-ENCODING:chunked"), 400, id="any case"),
        pytest.param(request("POST", "/", CHUNKED, CHUNKED), 400, id="chunked twice"),
        pytest.param(request("POST", "/", "Transfer-Encoding: chunked, chunked"), 400, id="chunked, chunked"),
        pytest.param(request("POST", "/", "Transfer-Encoding: gzip, chunked"), 400, id="gzip"),
        pytest.param(request("POST", "/", "Transfer-Encoding: identity"), 400, id="identity"),
        pytest.param(request("POST", "/", "Transfer-Encoding: xchunked"), 400, id="xchunked"),
        pytest.param(request("POST", "/", "Transfer-Encoding:"), 400, id="no coding"),
        pytest.param(request("POST", "/", "Transfer-Encoding:", " chunked"), 400, id="folded coding"),
        pytest.param(request("POST", "/", "Transfer-Encoding: \x0bchunked"), 400, id="vertical tab"),
        pytest.param(request("POST", "/", "Transfer-Encoding : chunked"), 400, id="blank before the colon of TE"),
        pytest.param(request("POST", "/", CHUNKED, version="1.0"), 400, id="chunked in HTTP/1.0"),
        pytest.param(request("POST", "/", "Content-Length: 3", "Content-Length: 3"), 400, id="two lengths"),
        pytest.param(request("POST", "/", "Content-Length: 3, 3"), 400, id="two lengths in one"),
        pytest.param(request("POST", "/", "Content-Length: -1"), 400, id="negative"),
        pytest.param(request("POST", "/", "Content-Length: +3"), 400, id="plus"),
        pytest.param(request("POST", "/", "Content-Length: 0x3"), 400, id="hexadecimal"),
        pytest.param(request("POST", "/", "Content-Length: "), 400, id="no length"),
        pytest.param(request("POST", "/", "Content-Length: " + "9" * 5000), 400, id="5000 digits"),
        pytest.param(request("POST", "/", "Content-Length: " + "9" * 30), 413, id="30 digits"),
        pytest.param(request("POST", "/", CHUNKED, body=b"x\r\n"), 400, id="chunk size no number"),
        pytest.param(request("POST", "/", CHUNKED, body=b"-1\r\n"), 400, id="chunk size negative"),
        pytest.param(request("POST", "/", CHUNKED, body=b"0x1\r\n"), 400, id="chunk size 0x"),
        pytest.param(request("POST", "/", CHUNKED, body=b"1 \r\na\r\n0\r\n\r\n"), 400, id="chunk size and blank"),
        pytest.param(request("POST", "/", CHUNKED, body=b"\r\n"), 400, id="chunk size empty"),
        pytest.param(request("POST", "/", CHUNKED, body=b"F" * 16 + b"\r\n"), 400, id="chunk size overflow"),
        pytest.param(request("POST", "/", CHUNKED, body=b"1\na\r\n0\r\n\r\n"), 400, id="chunk size and bare LF"),
        pytest.param(request("POST", "/", CHUNKED, body=b"1\r\nab\r\n"), 400, id="chunk longer than said"),
        pytest.param(request("POST", "/", CHUNKED, body=b"1\r\na\n0\r\n\r\n"), 400, id="chunk ends with bare LF"),
        pytest.param(request("POST", "/", CHUNKED, body=b"1;\x01\r\na\r\n"), 400, id="extension with control"),
        pytest.param(request("POST", "/", CHUNKED, body=b"1;" + b"x" * 2000), 400, id="extension without end"),
        pytest.param(request("POST", "/", CHUNKED, body=b"0\r\n" + b"x: y\r\n" * 5000), 400, id="trailer without end"),
    ],
)
def test_is_refused_with_our_page_and_an_orderly_end(world: World, raw: bytes, status: int) -> None:
    client = world.client().send(raw)
    answer = client.answer()
    assert (answer.status, answer.body) == (status, ERROR_BODY)
    assert answer.headers["connection"] == "close"
    # What follows is not taken for a request.
    client.send(get())
    assert client.is_closed()
    assert not world.application.environs


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(get("/", "X:" + " " * 60_000 + "a"), id="blanks before a value"),
        pytest.param(get("/", "X:" + " " * 60_000 + "\x01"), id="blanks before a control character"),
        pytest.param(get("/", *(["X:" + " " * 90, *[" " * 90] * 600, " a"])), id="blanks in many folds"),
        pytest.param(get("a" * 30_000 + "://" + "1" * 30_000 + " x"), id="digits in a host"),
        pytest.param(get("/" + "a://" * 15_000 + " "), id="many schemes"),
    ],
)
def test_no_header_takes_long_to_read(serve: Callable[..., World], raw: bytes) -> None:
    """waitress' own expressions need minutes for these."""
    world = serve(header_bytes=100_000)
    assert world.ask(raw).status == 400
    assert world.ask(get()).status == 200


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("size", [1, 5, 100, 70_000, 300_000])
def test_a_body_arrives(world: World, size: int, version: str) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    raw = request("POST", "/body", f"Content-Length: {len(body)}", body=body, version=version)
    told = json.loads(world.ask(raw).body)
    assert told == {"size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "told": str(len(body))}


@pytest.mark.parametrize("size", [1, 7, 1000, 65536, 200_000])
def test_a_chunked_body_arrives(world: World, size: int) -> None:
    body = bytes(range(256)) * (10 if size < 100 else 800)
    client = world.client().send(request("POST", "/body", CHUNKED) + b"".join(chunks(body, size)))
    told = json.loads(client.answer().body)
    assert told == {"size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "told": str(len(body))}
    assert client.send(get()).answer().status == 200


def test_extensions_and_trailers_are_dropped(world: World) -> None:
    body = b'5;a="b;c";d\r\nhello\r\n000;x\r\nExpires: never\r\nX: y\r\n\r\n'
    client = world.client().send(request("POST", "/body", CHUNKED, body=body) + get())
    assert json.loads(client.answer().body)["sha256"] == HELLO
    assert client.answer().body == PAGE
    assert "HTTP_X" not in world.application.environs[0]


def test_a_client_may_end_its_side_after_the_request(world: World) -> None:
    client = world.client().send(post(b"hello"))
    client.socket.shutdown(socket.SHUT_WR)
    assert json.loads(client.answer().body)["sha256"] == HELLO
    assert client.is_closed()


def test_byte_by_byte(world: World) -> None:
    client = world.client()
    for byte in post(b"hello") + request("POST", "/body", CHUNKED) + b"".join(chunks(b"hello", 2)):
        client.send(bytes([byte]))
    assert [json.loads(client.answer().body)["sha256"] for _ in range(2)] == [HELLO, HELLO]


def test_pipelined_requests_are_answered_in_order(world: World) -> None:
    raw = b"".join(post(b"x" * number) for number in range(1, 40))
    client = world.client().send(raw)
    assert [json.loads(client.answer().body)["size"] for _ in range(1, 40)] == list(range(1, 40))


def test_pipelined_requests_wait_for_the_one_before(world: World) -> None:
    client = world.client().send(get("/hold") + get("/body"))
    world.application.held.acquire()
    assert len(world.application.environs) == 1
    world.application.release.set()
    assert client.answer().body == PAGE
    assert client.answer().status == 200


def test_a_pipelined_flood_holds_no_thread(world: World) -> None:
    flood = world.client()
    flood.socket.settimeout(0.5)
    try:
        for _ in range(2000):
            flood.send(get() * 100)
    except TimeoutError:
        pass
    else:
        pytest.fail("the server reads on though nobody takes its answers")
    assert world.server.workers.is_idle()
    assert world.ask(get()).status == 200


def test_the_host_of_an_absolute_target_counts(world: World) -> None:
    assert world.ask(get("http://b.onion/x")).status == 200
    (environ,) = world.application.environs
    assert (environ["HTTP_HOST"], environ["PATH_INFO"]) == ("b.onion", "/x")


def test_the_application_is_told_nothing_about_the_client(world: World) -> None:
    world.ask(get("/", "X-Forwarded-For: 1.2.3.4"))
    (environ,) = world.application.environs
    assert environ["REMOTE_ADDR"] == "localhost"
    assert str(world.path) not in str({key: value for key, value in environ.items() if isinstance(value, str)})
    # A gateway's headers arrive: the application refuses such requests.
    assert environ["HTTP_X_FORWARDED_FOR"] == "1.2.3.4"


def test_expect_gets_its_continue_and_then_its_answer(world: World) -> None:
    client = world.client().send(post(b"", "Expect: 100-continue", length=5))
    assert client.line() == b"HTTP/1.1 100 Continue"
    assert json.loads(client.send(b"hello").answer().body)["sha256"] == HELLO
    # A second one on the same connection as well.
    assert client.send(post(b"", "Expect: 100-continue", length=5)).line() == b"HTTP/1.1 100 Continue"
    assert client.send(b"hello").answer().status == 200


def test_head_has_no_body(world: World) -> None:
    client = world.client().send(request("HEAD", "/") + get())
    head = client.answer(head_only=True)
    assert head.headers["content-length"] == str(len(PAGE))
    assert client.answer().body == PAGE


def test_head_of_an_error_has_no_body(world: World) -> None:
    client = world.client().send(request("HEAD", "/fail"))
    answer = client.answer(head_only=True)
    assert (answer.status, answer.headers["content-length"]) == (500, str(len(ERROR_BODY)))
    assert client.is_closed()
