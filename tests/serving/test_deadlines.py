"""Slow clients are let go, without a word in the log; crowds shut nobody out."""

import logging
import socket
import time
from collections.abc import Callable

import pytest

from tests.serving.world import Client, World, get, post

STARTS = {
    "nothing": b"",
    "half a header": b"GET / HTTP/1.1\r\nHost: a",
    "headers without their end": get()[:-2],
    "half a body": post(b"half", length=8),
    "half a chunk": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
def test_a_silent_client_is_let_go(serve: Callable[..., World], start: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        world = serve(idle_seconds=0.2, headers_seconds=0.2, stall_seconds=0.2)
        client = world.client().send(start)
        world.until(lambda: len(world.server.channels()) == 1)
        assert client.is_closed()
        world.until(lambda: not world.server.channels())
    assert not caplog.records


def test_an_idle_connection_is_let_go_after_its_answer(serve: Callable[..., World]) -> None:
    world = serve(idle_seconds=0.2)
    client = world.client().send(get())
    assert client.answer().status == 200
    assert client.is_closed()


def drip(client: Client, data: bytes, seconds: float) -> None:
    """Send a byte now and then, until the server has had enough."""
    client.socket.settimeout(seconds)
    for byte in data:
        try:
            client.send(bytes([byte]))
            if client.socket.recv(1) == b"":
                return
        except TimeoutError:
            continue
        except ConnectionError:
            # Let go between two bytes.
            return
    pytest.fail("the server never let go")


@pytest.mark.parametrize(
    ("start", "rest"),
    [(b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"x" * 1000), (post(b"", length=1000), b"x" * 1000)],
    ids=["headers", "body"],
)
def test_a_dripping_client_is_let_go(
    serve: Callable[..., World], start: bytes, rest: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        world = serve(headers_seconds=0.3, slow_body_seconds=0.3, slowest_body=10_000)
        began = time.monotonic()
        drip(world.client().send(start), rest, 0.02)
        assert time.monotonic() - began > 0.25
    assert not caplog.records


def test_a_body_that_comes_fast_enough_may_take_long(serve: Callable[..., World]) -> None:
    world = serve(slow_body_seconds=0.1, slowest_body=10, headers_seconds=0.1)
    client = world.client().send(post(b"", length=30))
    for _ in range(30):
        client.send(b"x")
        time.sleep(0.01)
    assert client.answer().status == 200


def test_a_client_that_takes_no_answer_is_let_go(serve: Callable[..., World]) -> None:
    world = serve(stall_seconds=0.2, idle_seconds=1000)
    client = world.client()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.socket.settimeout(0.2)
    with pytest.raises((TimeoutError, BrokenPipeError, ConnectionResetError)):
        client.send(get() * 500_000)
    world.until(lambda: not world.server.channels())


def test_a_running_request_may_take_its_time(serve: Callable[..., World]) -> None:
    world = serve(idle_seconds=0.05, headers_seconds=0.05, stall_seconds=0.05)
    client = world.client().send(get("/hold"))
    world.application.held.acquire()
    time.sleep(0.2)
    world.application.release.set()
    assert client.answer().status == 200


def test_idle_connections_shut_nobody_out(serve: Callable[..., World]) -> None:
    world = serve(connections=10)
    idle = [world.client() for _ in range(30)]
    assert world.ask(get()).status == 200
    assert len(world.server.channels()) <= 10
    assert idle[0].is_closed()


def test_of_too_many_the_slowest_goes_first(serve: Callable[..., World]) -> None:
    world = serve(connections=3)
    busy = world.client().send(get("/hold"))
    world.application.held.acquire()
    slow = world.client().send(post(b"x" * 10, length=1000))
    fast = world.client().send(post(b"x" * 100_000, length=200_000))
    world.until(lambda: sum(channel._taken > 0 for channel in world.server.channels()) == 3)
    newest = world.client().send(get())
    assert slow.is_closed()
    assert newest.answer().status == 200
    assert fast.send(bytes(100_000)).answer().status == 200
    world.application.release.set()
    assert busy.answer().status == 200


def test_when_all_are_at_work_the_newest_goes(serve: Callable[..., World]) -> None:
    world = serve(connections=2)
    busy = [world.client().send(get("/hold")) for _ in range(2)]
    for _ in busy:
        world.application.held.acquire()
    assert world.client().is_closed()
    world.application.release.set()
    assert [client.answer().status for client in busy] == [200, 200]
