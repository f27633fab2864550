"""On real parts: a private Tor network, a tor of our own, a portal that is a small web server on a unix socket."""

import base64
import contextlib
import http.client
import os
import select
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from stem.descriptor.hidden_service import HiddenServiceDescriptorV3

from tests.tor.fake_tor import eventually
from tor import (
    ControlLost,
    Limits,
    ManagedTor,
    OnionKeeper,
    OnionKey,
    OnionState,
    PortalDown,
    PrivateNetwork,
    SystemTor,
    TorError,
    private,
    socks,
)
from tor.control import Control, Endpoint

pytestmark = pytest.mark.e2e

SOON_S = 45.0
LIMITS = Limits(
    retry_first_s=0.2,
    probe_first_s=0.2,
    probe_retry_s=1,
    probe_every_s=1,
    heartbeat_s=1,
    answer_s=5,
    republish_first_s=2,
)
PAGE = b"a page of the portal"


class Portal(socketserver.ThreadingUnixStreamServer):
    """A web server with one page, which may be slow."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Pages)
        self.path = path
        self.may_end = threading.Event()


class _Pages(BaseHTTPRequestHandler):
    server: Portal

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            self.wfile.write(b"...")
            self.server.may_end.wait(SOON_S)
        self.wfile.write(PAGE)

    def log_message(self, *words: object) -> None:
        """A real portal logs no request either."""


@contextlib.contextmanager
def serving(path: Path) -> Iterator[Portal]:
    with Portal(path) as portal:
        thread = threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield portal
        portal.may_end.set()
        portal.shutdown()
        thread.join()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with serving(tmp_path / "portal.sock") as portal:
        yield portal


class Cable:
    """A unix socket that leads to a control socket, and can be cut and is whole again at once."""

    def __init__(self, path: Path, end: Endpoint) -> None:
        self.path, self._end = path, end
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._carry)

    def __enter__(self) -> "Cable":
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def cut(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _carry(self) -> None:
        others = {}
        while True:
            for ready in select.select([self._listener, *others], [], [])[0]:
                if ready is self._listener:
                    try:
                        near = self._listener.accept()[0]
                    except OSError:
                        for end in others:
                            end.close()
                        return
                    far = self._end.connect(SOON_S)
                    self._pairs.append((near, far))
                    others |= {near: far, far: near}
                elif ready in others:
                    if content := ready.recv(65_536):
                        others[ready].sendall(content)
                        continue
                    for end in (ready, others[ready]):
                        del others[end]
                        end.close()


@contextlib.contextmanager
def kept(keeper: OnionKeeper) -> Iterator[OnionKeeper]:
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()


@contextlib.contextmanager
def visit(
    network: PrivateNetwork, address: str, path: str = "/", patience_s: float = SOON_S
) -> Iterator[http.client.HTTPResponse]:
    """One visitor's request through the network's client; raises `TorError` if the address does not answer."""
    with socket.create_connection(("127.0.0.1", network.socks_port)) as connection:
        socks.connect(connection, address, 80, patience_s)
        connection.settimeout(SOON_S)
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        yield response


def page(network: PrivateNetwork, address: str) -> bytes:
    with visit(network, address) as response:
        return response.read()


def page_soon(network: PrivateNetwork, address: str) -> bytes:
    """The page, asked for again while the visitor's tor still knows the old introduction points."""
    pages: list[bytes] = []

    def came() -> bool:
        with contextlib.suppress(TorError, OSError):
            pages.append(page(network, address))
        return bool(pages)

    eventually(came, SOON_S)
    return pages[0]


def wait_for(keeper: OnionKeeper, reachable: bool = True) -> OnionState:
    state = keeper.wait(lambda state: state.reachable is reachable, SOON_S)
    assert state.reachable is reachable, state
    return state


def descriptor_of(network: PrivateNetwork, label: str) -> str:
    """What a visitor's tor reads in the descriptor of an address that it has visited."""
    control = Control.connect(network.client, LIMITS)
    try:
        text = control.info(f"hs/client/desc/id/{label}").lstrip("\n")
    finally:
        control.close()
    return str(HiddenServiceDescriptorV3.from_str(text).decrypt(label))


@pytest.fixture(scope="module")
def published(
    private_tor: PrivateNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OnionKeeper, ManagedTor]]:
    """A portal published by a tor of our own."""
    folder = tmp_path_factory.mktemp("managed")
    tor = ManagedTor(folder / "tor", private_tor.torrc_lines)
    with serving(folder / "portal.sock") as portal:
        keeper = OnionKeeper(key=OnionKey.create(), target=portal.path, tor=tor, max_streams=100, limits=LIMITS)
        with kept(keeper):
            yield keeper, tor


def test_a_visitor_finds_the_portal(private_tor: PrivateNetwork, published: tuple[OnionKeeper, ManagedTor]) -> None:
    keeper, _ = published
    state = wait_for(keeper)
    assert (state.published, state.defences_off, state.problem) == (True, (), None)
    assert page_soon(private_tor, state.address) == PAGE


def test_visitors_can_be_asked_for_work(private_tor: PrivateNetwork, published: tuple[OnionKeeper, ManagedTor]) -> None:
    address = wait_for(published[0]).address
    page_soon(private_tor, address)
    assert "\npow-params v1 " in descriptor_of(private_tor, address.removesuffix(".onion"))


def test_a_tor_that_is_killed_is_replaced(
    private_tor: PrivateNetwork, published: tuple[OnionKeeper, ManagedTor]
) -> None:
    keeper, tor = published
    address = wait_for(keeper).address
    first = tor.pid
    assert first
    os.kill(first, signal.SIGKILL)
    assert isinstance(keeper.wait(lambda state: not state.published, SOON_S).problem, ControlLost)
    wait_for(keeper)
    assert tor.pid not in (None, first)
    assert page_soon(private_tor, address) == PAGE


def test_a_lost_connection_to_the_systems_tor(private_tor: PrivateNetwork, portal: Portal, tmp_path: Path) -> None:
    with Cable(tmp_path / "control", private_tor.client) as cable:
        keeper = OnionKeeper(key=OnionKey.create(), target=portal.path, tor=SystemTor(str(cable.path)), limits=LIMITS)
        with kept(keeper):
            address = wait_for(keeper).address
            cable.cut()
            assert isinstance(keeper.wait(lambda state: not state.published, SOON_S).problem, ControlLost)
            wait_for(keeper)
            assert page_soon(private_tor, address) == PAGE


def test_who_is_connected_is_served_to_the_end(private_tor: PrivateNetwork, portal: Portal) -> None:
    tor = SystemTor(str(private_tor.client))
    with kept(OnionKeeper(key=OnionKey.create(), target=portal.path, tor=tor, limits=LIMITS)) as keeper:
        address = wait_for(keeper).address
        with visit(private_tor, address, "/slow") as response:
            assert response.read(3) == b"..."
            keeper.withdraw()
            with pytest.raises(TorError, match="does not answer"), visit(private_tor, address, patience_s=3):
                pass
            portal.may_end.set()
            assert response.read() == PAGE


def test_with_client_authorisation_the_probe_still_gets_in(private_tor: PrivateNetwork, portal: Portal) -> None:
    client = base64.b32encode(bytes(PrivateKey.generate().public_key)).decode().rstrip("=")
    tor = SystemTor(str(private_tor.client))
    keeper = OnionKeeper(key=OnionKey.create(), target=portal.path, tor=tor, clients=[client], limits=LIMITS)
    with kept(keeper):
        wait_for(keeper)


def test_a_portal_that_ends_and_comes_back(private_tor: PrivateNetwork, tmp_path: Path) -> None:
    path = tmp_path / "portal.sock"
    tor = SystemTor(str(private_tor.client))
    with kept(OnionKeeper(key=OnionKey.create(), target=path, tor=tor, limits=LIMITS)) as keeper:
        assert isinstance(wait_for(keeper, reachable=False).problem, PortalDown)
        with serving(path):
            assert wait_for(keeper).problem is None


def test_a_port_that_is_taken_meanwhile_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = private._make_authority(tmp_path, 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        real, picks = private._free_ports, [iter((taken.getsockname()[1], 1))]
        monkeypatch.setattr(private, "_free_ports", lambda count: picks.pop() if picks else real(count))
        network = PrivateNetwork()
        try:
            assert network._launch_authorities([authority])[0].info("version")
            assert f":{taken.getsockname()[1]} " not in network.torrc_lines[1]
        finally:
            network._stop()
    assert not picks


NETWORK_OF_ITS_OWN = """
import sys, time
from pathlib import Path
from tor import PrivateNetwork, private
private.AUTHORITIES = 1  # more would only take longer
with PrivateNetwork(Path(sys.argv[1]), say=lambda words: print(words, flush=True)):
    time.sleep(1000)
"""


def test_a_network_ends_with_its_owner_even_if_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", NETWORK_OF_ITS_OWN, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        # By then its authority runs.
        for line in owner.stdout:
            if "consensus" in line:
                break
        tors = owned_by(owner.pid)
        owner.kill()
    assert len(tors) == 1
    eventually(lambda: not any(map(is_running, tors)))


def owned_by(pid: int) -> list[int]:
    """The tors that were told to end with this process."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"__OwningControllerProcess" in words and str(pid).encode() in words:
                    found.append(int(folder.name))
    return found


def is_running(pid: int) -> bool:
    # A process that has ended, and whose new parent has not asked after it yet, is a zombie.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
