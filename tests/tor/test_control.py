import contextlib
import logging
import os
import queue
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tor.fake_tor import FAST, FakeServer, FakeTor
from tor import ControlDenied, ControlLost, ControlMissing, ControlRefused, Limits, SettingError, TorTooOld
from tor.control import Control, Endpoint, Event, key_values

NOBODY = 65_534


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeTor]:
    fake = FakeTor(tmp_path / "control")
    yield fake
    fake.close()


def connect(fake: FakeTor, limits: Limits = FAST) -> Control:
    return Control.connect(Endpoint(path=fake.path), limits)


@pytest.fixture
def control(fake: FakeTor) -> Iterator[Control]:
    control = connect(fake)
    yield control
    control.close()


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("/run/tor/control", Endpoint(path=Path("/run/tor/control"))),
        ("unix:/run/tor/control", Endpoint(path=Path("/run/tor/control"))),
        ('unix:"/run/to r/control"', Endpoint(path=Path("/run/to r/control"))),
        ("127.0.0.1:9051", Endpoint(host="127.0.0.1", port=9051)),
        ("9051", Endpoint(host="127.0.0.1", port=9051)),
        ("tor.internal:9051", Endpoint(host="tor.internal", port=9051)),
        ("[::1]:9051", Endpoint(host="::1", port=9051)),
    ],
)
def test_endpoints(text: str, endpoint: Endpoint) -> None:
    assert Endpoint.parse(text) == endpoint


@pytest.mark.parametrize(
    "text", ["", "control", "localhost", "localhost:", "localhost:http", "1.2.3.4:0", "1.2.3.4:65536", "a:²"]
)
def test_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(SettingError, match="/run/tor/control"):
        Endpoint.parse(text)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (
            "HS_DESC FAILED abc UNKNOWN $AB~relay desc REASON=UPLOAD_REJECTED",
            Event(
                "HS_DESC",
                ("FAILED", "abc", "UNKNOWN", "$AB~relay", "desc"),
                {"REASON": "UPLOAD_REJECTED"},
                "FAILED abc UNKNOWN $AB~relay desc REASON=UPLOAD_REJECTED",
            ),
        ),
        (
            'STATUS_CLIENT WARN BOOTSTRAP PROGRESS=5 WARNING="No \\"route\\" to host" COUNT=1',
            Event(
                "STATUS_CLIENT",
                ("WARN", "BOOTSTRAP"),
                {"PROGRESS": "5", "WARNING": 'No "route" to host', "COUNT": "1"},
                'WARN BOOTSTRAP PROGRESS=5 WARNING="No \\"route\\" to host" COUNT=1',
            ),
        ),
        ("WARN It rains", Event("WARN", ("It", "rains"), {}, "It rains")),
        ("SIGNAL", Event("SIGNAL", (), {}, "")),
    ],
)
def test_events(line: str, event: Event) -> None:
    assert Event.parse(line) == event


def test_key_values_of_a_broken_line() -> None:
    assert key_values('A=1 B="open C=2 =x') == {"A": "1", "B": '"open', "C": "2"}


def test_a_question_has_its_answer(control: Control, fake: FakeTor) -> None:
    assert control.info("version") == "0.4.9.11"
    assert control.ask("ANYTHING") == ["OK"]
    fake.refuse["SECRET"] = "512 Bad arguments to SECRET"
    with pytest.raises(ControlRefused) as caught:
        control.ask("SECRET swordfish")
    assert (caught.value.code, caught.value.reason) == (512, "Bad arguments to SECRET")
    assert "swordfish" not in str(caught.value)


def test_events_come_as_long_as_the_connection_lives(control: Control, fake: FakeTor) -> None:
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    control.listen(["HS_DESC", "WARN"], events.put)
    assert fake.wait("SETEVENTS") == ["SETEVENTS HS_DESC WARN"]
    fake.event("WARN It rains")
    assert events.get(timeout=5) == Event("WARN", ("It", "rains"), {}, "It rains")
    fake.drop()
    assert events.get(timeout=5) is None
    with pytest.raises(ControlLost):
        control.ask("ANYTHING")


def test_a_hung_tor_is_given_up(fake: FakeTor) -> None:
    control = connect(fake, Limits(answer_s=0.1))
    fake.silent = True
    with pytest.raises(ControlLost, match="does not answer"):
        control.ask("ANYTHING")
    with pytest.raises(ControlLost):
        control.ask("ANYTHING")


@pytest.mark.parametrize("garbage", [b"\r\n", b"250\r\n", b"hello\r\n", b"250 OK\n", b"250+data\r\nno end", bytes(100)])
def test_garbage_ends_the_connection(fake: FakeTor, garbage: bytes) -> None:
    control = connect(fake)
    fake.silent = True
    fake._connections[-1].sendall(garbage)
    fake._connections[-1].shutdown(socket.SHUT_WR)
    with pytest.raises(ControlLost):
        control.ask("ANYTHING")


@pytest.mark.parametrize("version", ["0.3.5.16", "0.4.5.16-dev", "0.4.5.16 (git-0123456789)", "unknown"])
def test_a_tor_that_is_too_old_is_told(fake: FakeTor, version: str) -> None:
    fake.info["version"] = f"version={version}"
    with pytest.raises(TorTooOld, match=r"0\.4\.6 is needed"):
        connect(fake)


@pytest.mark.parametrize("version", ["0.4.6.1-alpha", "0.4.9.11", "0.5.0.1", "1.0.0"])
def test_a_tor_that_is_new_enough(fake: FakeTor, version: str) -> None:
    fake.info["version"] = f"version={version}"
    connect(fake).close()


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(ControlMissing, match="No such file"):
        Control.connect(Endpoint(path=tmp_path / "control"), FAST)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ControlMissing, match="Connection refused"):
        Control.connect(Endpoint(host="127.0.0.1", port=port), FAST)


def silence(connection: socket.socket) -> None:
    while connection.recv(100):
        pass


def web_server(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hang_up(connection: socket.socket) -> None:
    connection.recv(100)


def hang_up_in_the_challenge(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b'250-PROTOCOLINFO 1\r\n250-AUTH METHODS=SAFECOOKIE COOKIEFILE="/nowhere"\r\n250 OK\r\n')
    connection.recv(100)


@pytest.mark.parametrize(
    ("serve", "error"),
    [
        (silence, ControlLost),
        (web_server, ControlMissing),
        (hang_up, ControlLost),
        (hang_up_in_the_challenge, ControlDenied),
    ],
)
def test_what_is_no_control_port(serve: Callable[[socket.socket], None], error: type[Exception]) -> None:
    server = FakeServer(serve)
    began = time.monotonic()
    try:
        with pytest.raises(error):
            Control.connect(Endpoint(host="127.0.0.1", port=server.port), Limits(connect_s=0.2))
    finally:
        server.close()
    assert time.monotonic() - began < 5


def test_a_cookie_that_is_not_there_or_no_cookie(fake: FakeTor, tmp_path: Path) -> None:
    cookie = tmp_path / "cookie"
    fake.auth = f'METHODS=COOKIE,SAFECOOKIE COOKIEFILE="{cookie}"'
    for content in (None, b"", b"not 32 bytes"):
        if content is not None:
            cookie.write_bytes(content)
        with pytest.raises(ControlDenied, match="CookieAuthFileGroupReadable"):
            connect(fake)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Rights are nothing to root, so root becomes nobody here."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_cookie_that_we_may_not_read(public_folder: Path) -> None:
    fake = FakeTor(public_folder / "control")
    fake.path.chmod(0o666)
    cookie = public_folder / "cookie"
    cookie.write_bytes(bytes(32))
    cookie.chmod(0)
    fake.auth = f'METHODS=COOKIE,SAFECOOKIE COOKIEFILE="{cookie}"'
    try:
        with as_ordinary_user(), pytest.raises(ControlDenied, match="cannot be read"):
            connect(fake)
    finally:
        fake.close()


def test_a_socket_that_we_may_not_open(public_folder: Path) -> None:
    fake = FakeTor(public_folder / "control")
    fake.path.chmod(0)
    try:
        with as_ordinary_user(), pytest.raises(ControlDenied, match="group of the socket"):
            connect(fake)
    finally:
        fake.close()


def test_a_password_is_not_what_we_use(fake: FakeTor) -> None:
    fake.auth = "METHODS=HASHEDPASSWORD"
    with pytest.raises(ControlDenied, match="CookieAuthentication 1"):
        connect(fake)


def test_a_refused_authentication(fake: FakeTor) -> None:
    fake.refuse["AUTHENTICATE"] = "515 Authentication failed"
    with pytest.raises(ControlDenied, match="restart tor"):
        connect(fake)


def test_stem_logs_nothing_of_the_connection(fake: FakeTor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(1):
        control = connect(fake)
        control.ask("ADD_ONION ED25519-V3:swordfish")
        control.close()
    assert not [record for record in caplog.records if record.name.startswith("stem")]
    assert logging.getLogger("stem").level == logging.CRITICAL
