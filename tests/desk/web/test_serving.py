"""The real server: where it listens, what it says of itself, and what it leaves on the disk while a body comes."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from portal.desk.folder import Folder
from portal.desk.session import PERSON
from portal.desk.web.app import create_app
from portal.desk.web.door import Door
from portal.desk.web.serving import HOST, Server, bind
from portal.errors import DeskError
from portal.limits import DESK_IDLE_SECONDS
from tests.desk.conftest import PASSPHRASE
from tests.desk.web.visiting import Ticks

CANARY = b"kanarienvogel-7f3a"
MIB = 1024 * 1024


class Running:
    """A server in a thread."""

    def __init__(self, root: Path) -> None:
        self.ticks = Ticks()
        self.root = root
        self.door = Door(Folder(root), ticks=self.ticks)
        self.door.unlock(PERSON, PASSPHRASE)
        self._bound = bind(0)
        self.server = Server(self.door, self._bound)
        self._thread = threading.Thread(target=self.server.serve, args=(create_app(self.door, self.server.stop),))
        self._thread.start()
        self.cookie = ""

    def enter(self) -> None:
        answer = self.request("GET", f"/enter?token={self.door.new_token()}")
        self.cookie = answer[1]["Set-Cookie"].partition(";")[0]

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(HOST, self.server.port, timeout=30)
        connection.request(method, path, body, {"Cookie": self.cookie} | headers)
        answer = connection.getresponse()
        try:
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def stop(self) -> None:
        self.server.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._bound.close()


@pytest.fixture
def running(root: Path) -> Iterator[Running]:
    made = Running(root)
    made.enter()
    yield made
    made.stop()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_says_nothing_of_itself(running: Running) -> None:
    for path in ("/", "/nothing"):
        assert {"server", "via", "x-powered-by"}.isdisjoint(name.lower() for name in running.request("GET", path)[1])


def test_it_listens_on_loopback_alone(running: Running) -> None:
    assert running.server.socket.getsockname() == ("127.0.0.1", running.server.port)


def test_a_port_that_is_taken(running: Running) -> None:
    with pytest.raises(DeskError, match="choose another with --port"):
        bind(running.server.port)
    with pytest.raises(DeskError, match="there is no such port"):
        bind(70_000)


def test_it_locks_itself_without_any_request(running: Running) -> None:
    running.ticks.now += DESK_IDLE_SECONDS
    until(lambda: running.door.is_locked)


def test_the_button_that_closes_it(running: Running) -> None:
    form = f"csrf_token={running.door.csrf_token()}".encode()
    status, _, body = running.request("POST", "/close", form, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (status, b"The desk is closed" in body) == (200, True)
    assert running.door.is_locked


def form_with_file(running: Running, content: bytes) -> tuple[bytes, str]:
    boundary = "----boundary20c95f3b"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{running.door.csrf_token()}\r\n'
    ]
    parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="bundle"; filename="x.tar"\r\n\r\n']
    body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def contents(root: Path) -> Iterator[bytes]:
    """All that lies in the folder, with what this process holds open there under no name."""
    for entry in os.scandir("/proc/self/fd"):
        try:
            target = os.readlink(entry.path)
        except OSError:
            continue
        if target.startswith(str(root)) and target.endswith("(deleted)"):
            with open(entry.path, "rb") as file:
                yield file.read()
    for path in root.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def test_nothing_is_in_clear_on_the_disk_while_a_body_comes(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clear file, chosen by mistake, is refused; neither before nor after has a byte of it been on the disk."""
    work = tmp_path / "temporary"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    body, kind = form_with_file(running, CANARY * 200_000)
    head = (
        f"POST /import HTTP/1.1\r\nHost: {HOST}:{running.server.port}\r\nCookie: {running.cookie}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()
    with socket.create_connection((HOST, running.server.port)) as connection:
        connection.sendall(head + body[:-100_000])
        until(lambda: sum(map(len, contents(running.root))) > 3 * MIB)
        assert all(CANARY not in content for content in contents(running.root))
        connection.sendall(body[-100_000:])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"409 CONFLICT" in answer
    assert b"neither a bundle of a portal nor a sealed item" in answer
    assert all(CANARY not in content for content in contents(running.root))
    assert list(work.iterdir()) == []


def test_more_than_can_be_taken(running: Running) -> None:
    """A long text is answered with a page, whatever the form."""
    form = b"csrf_token=" + running.door.csrf_token().encode() + b"&path=" + b"x" * MIB
    status, _, body = running.request("POST", "/import", form, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (status, b"more than can be taken at once" in body) == (413, True)


def test_a_body_in_chunks(running: Running) -> None:
    assert running.request("POST", "/lock", b"", **{"Transfer-Encoding": "chunked"})[0] == 400
    assert not running.door.is_locked


class TestCommand:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_from_the_address_to_the_end(self, root: Path, passphrase_file: Path, number: signal.Signals) -> None:
        command = [sys.executable, "-W", "error", "-m", "portal.desk.cli", "open", str(root), "--no-browser"]
        command += ["--passphrase-file", str(passphrase_file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            host, _, rest = address.removeprefix("http://").partition("/")
            connection = HTTPConnection(host, timeout=10)
            connection.request("GET", "/" + rest)
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            connection.close()
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
        assert (process.returncode, out) == (0, "")
        assert "The desk is closed." in err
        assert "Traceback" not in err

    def test_a_wrong_passphrase(self, root: Path, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("not it\n")
        command = [sys.executable, "-m", "portal.desk.cli", "open", str(root), "--no-browser", "--passphrase-file"]
        done = subprocess.run([*command, str(wrong)], capture_output=True, text=True, check=False, timeout=30)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: ")


def test_whom_the_locked_page_expects(root: Path) -> None:
    """The only person there is, whatever they are called."""
    place = Folder(root)
    place.keyring(PERSON).rename(place.keyring("anna"))
    door = Door(place)
    door.expect(PERSON)
    assert door.person == "anna"
    place.keyring("anna").unlink()
    door.expect(PERSON)
    assert door.person == PERSON
