"""The bytes that leave: exactly the application's, or the caller's error page; and what a log may say."""

import logging
import threading
from collections.abc import Callable

import pytest

from tests.serving.world import ERROR_BODY, PAGE, PATIENCE, World, get, post, request

DATE = "Date: Tue, 04 Mar 2025 00:00:00 GMT"


@pytest.mark.parametrize(
    ("version", "connection", "added"),
    [
        ("1.1", None, None),
        ("1.1", "keep-alive", None),
        ("1.1", "close", "Connection: close"),
        ("1.1", "Close, TE", "Connection: close"),
        ("1.0", None, "Connection: close"),
        ("1.0", "Keep-Alive", "Connection: Keep-Alive"),
        ("1.0", "close", "Connection: close"),
    ],
)
def test_the_wire_is_the_applications_answer_and_one_header(
    world: World, version: str, connection: str | None, added: str | None
) -> None:
    client = world.client().send(get("/", *([f"Connection: {connection}"] if connection else []), version=version))
    answer = client.answer()
    lines = [f"HTTP/{version} 200 OK", "Content-Length: 6", "X-Last: 1", DATE, *([added] if added else [])]
    assert answer.wire == ("\r\n".join(lines) + "\r\n\r\n").encode() + PAGE
    if added == "Connection: close":
        assert client.is_closed()
    else:
        assert client.send(get()).answer().status == 200


def test_the_date_is_a_day_and_no_clock(world: World) -> None:
    answer = world.ask(get("/undated"))
    assert answer.head.lower().count(b"\r\ndate:") == 1
    headers = answer.headers
    assert headers["date"].endswith(" 00:00:00 GMT")
    assert "server" not in headers
    assert "via" not in headers


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("connection", ["keep-alive", "close", "x"])
def test_an_error_page_is_the_callers(world: World, version: str, connection: str) -> None:
    client = world.client().send(
        get("/fr/fail?x", "bad header", f"Connection: {connection}", "Accept-Language: de", version=version)
    )
    answer = client.answer()
    sent = answer.head.decode().split("\r\n")
    # Nothing is known of a request that could not be read, not even its version.
    assert sent[0] in ("HTTP/1.0 400 OURS", "HTTP/1.1 400 OURS")
    assert sent[1:] == [
        "Content-Type: text/html",
        "X-Ours: yes",
        DATE,
        "X-Asked: |",
        f"Content-Length: {len(ERROR_BODY)}",
        "Connection: close",
        "",
        "",
    ]
    assert answer.body == ERROR_BODY
    assert client.is_closed()


def test_an_error_page_knows_path_and_language(serve: Callable[..., World]) -> None:
    world = serve(submission_bytes=10)
    refused = world.ask(post(bytes(11), "Accept-Language: fr;q=0.5", path="/de/report/travel"))
    assert (refused.status, refused.headers["x-asked"]) == (413, "/de/report/travel|fr;q=0.5")


def test_a_failing_application_gets_the_page_and_says_no_word(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = world.ask(get("/fail?secret", "Accept-Language: en"))
    assert (answer.status, answer.body) == (500, ERROR_BODY)
    assert answer.headers["x-asked"] == "/fail|en"
    (record,) = caplog.records
    assert record.name.startswith("portal.")
    assert record.exc_info is None
    line = record.getMessage()
    assert line.startswith("A request failed: RuntimeError in serving/world.py:")
    assert "words of a reporter" not in line
    assert "/fail" not in line


def test_a_failing_error_page_still_ends_in_an_answer(
    serve: Callable[..., World], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = serve()

    def fail(*asked: object) -> None:
        raise RuntimeError("words of a reporter")

    for listener in world.server._listeners:
        monkeypatch.setattr(listener, "error_page", fail)
    client = world.client().send(b"nonsense\r\n\r\n")
    answer = client.answer()
    assert (answer.status, answer.body) == (400, b"")
    assert client.is_closed()
    assert [record.getMessage()[:31] for record in caplog.records] == ["A request failed: RuntimeError "]


@pytest.mark.parametrize("close", ["at once", "after the answer began"])
def test_a_client_that_leaves_is_not_worth_a_word(world: World, close: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client = world.client().send(get("/hold") * 3)
        world.application.held.acquire()
        if close == "at once":
            client.close()
        world.application.release.set()
        if close != "at once":
            client.answer()
            client.close()
        world.until(lambda: not world.server.channels() and world.server.workers.is_idle())
    assert not caplog.records


def test_every_error_has_a_page(world: World) -> None:
    """Nothing that waitress would say itself is ever sent."""
    for raw in (b"x\r\n\r\n", request("POST", "/", "Transfer-Encoding: x"), get("/", version="3.0"), get("/fail")):
        wire = world.ask(raw).wire
        assert b"OURS" in wire
        assert b"generated by" not in wire
        assert b"waitress" not in wire.lower()


def test_nor_is_one_that_leaves_before_it_is_invited(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        gate = threading.Event()
        # The server's thread waits until the client is gone, and finds request and end together.
        world.server._listeners[0].trigger.pull_trigger(lambda: gate.wait(PATIENCE))
        world.client().send(post(b"", "Expect: 100-continue", length=5)).close()
        gate.set()
        assert world.ask(get()).status == 200
        world.stop()
    assert not caplog.records
