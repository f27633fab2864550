"""An orderly end: what can be finished is finished, within its time."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.serving import Bounds, Server, unix
from tests.serving.world import PATIENCE, Client, World, error_page, get, post

STOP_SECONDS = 5.0
"""What the outside contract allows after SIGTERM."""


def test_nothing_to_finish(world: World) -> None:
    idle = world.client()
    answered = world.client().send(get())
    answered.answer()
    began = time.monotonic()
    assert world.stop() is True
    assert time.monotonic() - began < 1
    assert idle.is_closed()
    assert answered.is_closed()
    assert not world.path.exists()


def test_a_running_request_is_finished_and_nothing_new_is_taken(world: World) -> None:
    client = world.client().send(get("/hold"))
    world.application.held.acquire()
    world.server.stop()
    world.until(lambda: not world.path.exists())
    with pytest.raises(FileNotFoundError):
        world.client()
    world.application.release.set()
    assert client.answer().status == 200
    assert client.is_closed()
    assert world.join() is True


def test_a_request_that_is_coming_in_is_finished(world: World) -> None:
    client = world.client().send(post(b"hel", length=5))
    world.until(lambda: any(channel.request for channel in world.server.channels()))
    world.server.stop()
    world.until(lambda: not world.path.exists())
    assert client.send(b"lo").answer().status == 200
    assert world.join() is True


@pytest.mark.parametrize("what", ["a body that does not come", "a request that does not end"])
def test_what_cannot_be_finished_is_cut_off(serve: Callable[..., World], what: str) -> None:
    world = serve(stop_seconds=0.2)
    if what == "a body that does not come":
        client = world.client().send(post(bytes(200_000), length=300_000))
        world.until(lambda: world.server.budget.taken > 0)
    else:
        client = world.client().send(get("/hold"))
        world.application.held.acquire()
    began = time.monotonic()
    assert world.stop() is False
    assert time.monotonic() - began < 1
    with pytest.raises(ConnectionError):
        client.answer()


def test_stopping_more_than_once_or_before_the_start(tmp_path: Path) -> None:
    server = Server(lambda *wsgi: [], [unix(tmp_path / "s")], error_page, Bounds(spool=tmp_path))
    server.stop()
    server.stop()
    assert server.run() is True
    server.stop()


SERVE = """
import signal, sys
from pathlib import Path
from portal.serving import Bounds, Server, unix
from tests.serving.world import Application, error_page
folder = Path(sys.argv[1])
server = Server(Application(), [unix(folder / "s")], error_page, Bounds(spool=folder))
signal.signal(signal.SIGTERM, lambda *signal: server.stop())
print("ready", flush=True)
sys.exit(0 if server.run() else 3)
"""


@pytest.mark.parametrize(("during", "status"), [("nothing", 0), ("an upload", 3)])
def test_sigterm_ends_the_process_in_time(tmp_path: Path, during: str, status: int) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE, tmp_path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        client = Client(tmp_path / "s")
        client.send(get()).answer()
        if during == "an upload":
            client.send(post(bytes(5_000_000), length=200_000_000))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == status
        assert time.monotonic() - began < STOP_SECONDS
        client.close()


def test_a_stale_socket_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with unix(path) as bound:
        bound.listen()
        Client(path).close()
