"""What is too much is read and dropped within bounds, and the page that says so arrives."""

import errno
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from portal import spool as spool_module
from tests.serving.world import ERROR_BODY, LONG_PAGE, PATIENCE, World, chunks, get, post, request
from tests.test_spool import nameless_files

CHUNKED = "Transfer-Encoding: chunked"
LIMIT = 300_000
TOO_LONG = bytes(LIMIT + 1)
CANARY = b"what a reporter typed, in clear, "


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(post(TOO_LONG), id="length"),
        pytest.param(request("POST", "/body", CHUNKED, body=b"".join(chunks(TOO_LONG, 10_000))), id="chunked"),
        pytest.param(
            request("POST", "/body", CHUNKED, body=b"".join(chunks(bytes(2_000_000), 999_999))), id="large chunks"
        ),
    ],
)
def test_a_body_over_the_limit_is_read_to_its_end_and_then_answered(serve: Callable[..., World], raw: bytes) -> None:
    world = serve(submission_bytes=LIMIT)
    # Everything is sent before anything is read, as browsers do.
    client = world.client().send(raw)
    answer = client.answer()
    assert (answer.status, answer.body, answer.headers["connection"]) == (413, ERROR_BODY, "close")
    assert client.is_closed()
    assert not world.application.environs
    assert not nameless_files(world.spool)


def test_a_body_at_the_limit_is_taken(serve: Callable[..., World]) -> None:
    world = serve(submission_bytes=LIMIT)
    assert world.ask(post(bytes(LIMIT))).status == 200
    assert world.ask(request("POST", "/body", CHUNKED, body=b"".join(chunks(bytes(LIMIT), 7_000)))).status == 200


def test_nothing_of_a_refused_body_is_kept(serve: Callable[..., World]) -> None:
    world = serve(submission_bytes=LIMIT)
    client = world.client().send(request("POST", "/body", CHUNKED))
    for number in range(1, 30):
        client.send(b"%x\r\n%b\r\n" % (20_000, bytes(20_000)))
        if number == 10:
            world.until(lambda: len(nameless_files(world.spool)) == 1)
    world.until(lambda: not nameless_files(world.spool))
    assert world.server.budget.taken == 0
    assert client.send(b"0\r\n\r\n").answer().status == 413


def test_expect_gets_its_refusal_at_once(serve: Callable[..., World]) -> None:
    world = serve(submission_bytes=LIMIT)
    client = world.client().send(post(b"", "Expect: 100-continue", length=LIMIT + 1))
    assert client.answer().status == 413
    # A client that sends its body all the same is not reset.
    client.send(TOO_LONG)
    assert client.is_closed()


def test_dropping_is_bounded_in_bytes(serve: Callable[..., World]) -> None:
    world = serve(submission_bytes=LIMIT, drain_bytes=1_000_000, linger_seconds=PATIENCE)
    client = world.client().send(request("POST", "/body", CHUNKED) + b"fffffff\r\n" + bytes(1_000_001))
    assert client.answer().status == 413
    # What is still under way is dropped as well, so that the page arrives; that, too, is bounded.
    with pytest.raises(OSError) as caught:
        client.send(bytes(10_000_000))
    assert caught.value.errno in (errno.EPIPE, errno.ECONNRESET)


def test_what_is_too_much_even_for_dropping_is_refused_at_once(serve: Callable[..., World]) -> None:
    world = serve(submission_bytes=LIMIT, drain_bytes=1_000_000)
    client = world.client().send(post(b"", length=1_000_001))
    assert client.answer().status == 413
    client.send(bytes(900_000))
    assert client.is_closed()


def test_dropping_is_bounded_in_time(serve: Callable[..., World]) -> None:
    world = serve(submission_bytes=LIMIT, drain_seconds=0.2, linger_seconds=0.2)
    client = world.client().send(post(b"x", length=LIMIT + 1))
    assert client.answer().status == 413
    assert client.is_closed()
    world.until(lambda: not world.server.channels())


def test_bytes_in_flight_are_counted_as_they_come(serve: Callable[..., World]) -> None:
    world = serve(in_flight_bytes=1_000_000, small_body_bytes=10_000)
    first = world.client().send(post(bytes(600_000), length=700_000))
    world.until(lambda: world.server.budget.taken == 600_000)
    # Announced is not yet taken.
    second = world.client().send(post(bytes(300_000), length=900_000))
    world.until(lambda: world.server.budget.taken == 900_000)
    second.send(bytes(600_000))
    answer = second.answer()
    assert (answer.status, answer.body) == (503, ERROR_BODY)
    assert second.is_closed()
    third = world.client().send(post(bytes(395_000), length=400_000))
    world.until(lambda: world.server.budget.taken == 995_000)
    # Small bodies have room of their own.
    assert world.ask(post(bytes(10_000))).status == 200
    third.send(bytes(5_000))
    assert third.answer().status == 200
    world.until(lambda: world.server.budget.taken == 600_000)
    first.send(bytes(100_000))
    assert first.answer().status == 200
    world.until(lambda: world.server.budget.taken == 0)
    assert world.ask(post(bytes(900_000))).status == 200


def test_a_client_that_leaves_gives_its_bytes_back(serve: Callable[..., World]) -> None:
    world = serve(small_body_bytes=10_000)
    client = world.client().send(post(bytes(600_000), length=700_000))
    world.until(lambda: world.server.budget.taken == 600_000)
    client.close()
    world.until(lambda: world.server.budget.taken == 0)
    assert not nameless_files(world.spool)


@pytest.mark.parametrize(("code", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EMFILE, 503)])
def test_a_full_disk_is_said(world: World, monkeypatch: pytest.MonkeyPatch, code: int, status: int) -> None:
    def full(folder: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(spool_module, "open_nameless", full)
    client = world.client().send(post(bytes(400_000)))
    assert client.answer().status == status
    assert client.is_closed()
    # Text needs no disk.
    assert world.ask(post(bytes(60_000))).status == 200


def test_large_bodies_never_take_all_threads(serve: Callable[..., World]) -> None:
    world = serve(file_threads=2, text_threads=2, small_body_bytes=10_000)
    held = [world.client().send(post(bytes(50_000), path="/hold")) for _ in range(6)]
    for _ in range(2):
        assert world.application.held.acquire(timeout=PATIENCE)
    assert world.ask(get()).status == 200
    assert world.ask(post(b"text")).status == 200
    world.application.release.set()
    assert [client.answer().status for client in held] == [200] * 6


def test_texts_never_take_the_threads_of_pages(serve: Callable[..., World]) -> None:
    world = serve(text_threads=2)
    held = [world.client().send(post(b"text", path="/hold")) for _ in range(6)]
    for _ in range(2):
        assert world.application.held.acquire(timeout=PATIENCE)
    assert world.ask(get()).status == 200
    world.application.release.set()
    assert [client.answer().status for client in held] == [200] * 6


def gives_way(method: str, path: str) -> bool:
    return (method, path) == ("POST", "/hold")


@pytest.mark.parametrize("size", [0, 4, 50_000])
def test_what_gives_way_takes_no_thread_of_the_others(serve: Callable[..., World], size: int) -> None:
    world = serve(gives_way=gives_way, patient_threads=2, page_threads=1, text_threads=1, file_threads=1)
    held = [world.client().send(post(bytes(size), path="/hold")) for _ in range(6)]
    for _ in range(2):
        assert world.application.held.acquire(timeout=PATIENCE)
    assert world.ask(get()).status == 200
    assert world.ask(post(b"text")).status == 200
    assert world.ask(post(bytes(300_000))).status == 200
    world.application.release.set()
    assert [client.answer().status for client in held] == [200] * 6


def test_too_many_that_give_way_are_told_at_once(serve: Callable[..., World]) -> None:
    world = serve(gives_way=gives_way, patient_threads=1, patient_waiting=3)
    held = [world.client().send(post(b"guess", path="/hold"))]
    assert world.application.held.acquire(timeout=PATIENCE)
    held += [world.client().send(post(b"guess", path="/hold")) for _ in range(3)]
    world.until(lambda: sum(bool(channel.requests) for channel in world.server.channels()) == 4)
    for _ in range(5):
        client = world.client().send(post(b"guess", path="/hold"))
        answer = client.answer()
        assert (answer.status, answer.body, client.is_closed()) == (503, ERROR_BODY, True)
    world.application.release.set()
    assert [client.answer().status for client in held] == [200] * 4
    assert world.ask(post(b"guess", path="/hold")).status == 200


def test_nothing_in_clear_on_the_disk_while_a_body_is_here(world: World) -> None:
    body = CANARY * 40_000
    client = world.client().send(post(body, path="/hold"))
    assert world.application.held.acquire(timeout=PATIENCE)
    (descriptor,) = nameless_files(world.spool)
    on_disk = os.pread(descriptor, 2 * len(body), 0)
    assert len(on_disk) > len(body) - 65536
    assert CANARY[:8] not in on_disk
    assert not list(world.spool.iterdir())
    world.application.release.set()
    assert client.answer().status == 200
    world.until(lambda: not nameless_files(world.spool))


def test_nothing_of_an_answer_on_the_disk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = world.client().send(get("/long"))
    # Much of it waits for the client.
    world.until(lambda: any(channel.total_outbufs_len > 2_000_000 for channel in world.server.channels()))
    assert not nameless_files(tmp_path)
    assert len(client.answer().body) == len(LONG_PAGE)


def test_two_hundred_slow_uploads_and_a_text(world: World) -> None:
    slow = [world.client().send(post(bytes(70_000), length=100_000)) for _ in range(200)]
    world.until(lambda: len(nameless_files(world.spool)) == 200)
    assert world.ask(post(b"text")).status == 200
    for client in slow:
        client.send(bytes(30_000))
    assert {client.answer().status for client in slow} == {200}
    assert threading.active_count() < 60
