import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from portal.errors import AddressInUse, ListenError, NotLoopback
from portal.serving import Bounds, Server, preview, unix
from tests.serving.world import Application, error_page, get


@pytest.mark.parametrize(("folder_mode", "mode"), [(0o755, 0o600), (0o2750, 0o660)], ids=["plain", "setgid"])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_who_may_connect(tmp_path: Path, folder_mode: int, mode: int, umask: int) -> None:
    """The operator gives a folder the setgid bit to let in its group, which is tor's."""
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(folder_mode)
    before = os.umask(umask)
    try:
        with unix(folder / "s"):
            assert stat.S_IMODE((folder / "s").stat().st_mode) == mode
    finally:
        os.umask(before)


def test_a_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with unix(path) as first:
        first.listen()
        with pytest.raises(AddressInUse, match="another portal runs there"):
            unix(path)
        assert path.exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x" * 200, "longer than the 107 bytes"),
        ("é" * 60, "longer than the 107 bytes"),
        ("missing/s", "No such file"),
        ("file", "is not a socket"),
        (".", "is not a socket"),
        ("file/s", "Not a directory"),
    ],
)
def test_what_cannot_be_used_is_said(name: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("kept")
    with pytest.raises(ListenError, match=says):
        unix(Path(name))
    assert Path("file").read_text() == "kept"


def test_the_longest_path_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with unix(Path("x" * 107)):
        assert Path("x" * 107).is_socket()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1.2.3"])
def test_a_preview_is_on_loopback(host: str) -> None:
    with preview(f"{host}:0") as bound:
        assert bound.getsockname()[0].startswith(("127.", "::1"))


@pytest.mark.parametrize("address", ["0.0.0.0:80", "[::]:80", "192.168.1.2:80", "example.org:80", ":80", "[::1:80"])
def test_a_preview_is_nowhere_else(address: str) -> None:
    with pytest.raises(NotLoopback):
        preview(address)


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1"])
def test_a_preview_needs_a_port(address: str) -> None:
    with pytest.raises(ListenError, match="HOST:PORT"):
        preview(address)


def test_a_preview_in_use() -> None:
    with preview("127.0.0.1:0") as bound:
        bound.listen()
        with pytest.raises(AddressInUse, match="choose another port"):
            preview(f"127.0.0.1:{bound.getsockname()[1]}")


def test_both_at_once(tmp_path: Path) -> None:
    tcp = preview("127.0.0.1:0")
    address = tcp.getsockname()
    server = Server(Application(), [unix(tmp_path / "s"), tcp], error_page, Bounds(spool=tmp_path))
    thread = threading.Thread(target=server.run)
    thread.start()
    for family, where in ((socket.AF_UNIX, str(tmp_path / "s")), (socket.AF_INET, address)):
        with socket.socket(family) as client:
            client.settimeout(10)
            client.connect(where)
            client.sendall(get("/", "Connection: close"))
            assert b"".join(iter(lambda: client.recv(1000), b"")).endswith(b"a page")
    server.stop()
    thread.join(10)
    assert not thread.is_alive()
