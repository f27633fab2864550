"""What a page takes through Tor."""

import contextlib
import http.client
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import served
from tests.bench.figures import Figure
from tests.bench.sampling import seconds
from tests.e2e.onion import client_of, new_circuit, through
from tests.e2e.parts import Portal
from tor import Limits, OnionKey, PrivateNetwork
from tor.control import Control, Endpoint
from tor.onion import Service, publish

ABOUT = (
    "The first page of the portal through a private Tor network, over a new circuit and over one that is open, beside "
    "a file of the same size that stock waitress serves as a bare onion service of the same tor; the median of what "
    "was asked in turn. A network on one machine has no distances: what it shows is the portal's part."
)
CIRCUITS, PAGES = 15, 60
MOST = 1.5


def measure() -> list[Figure]:
    """A page over a new circuit, and over an open one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivateNetwork() as network,
        _portal(Path(folder) / "portal", network) as portal,
        _bare(Path(folder), portal) as bare,
    ):
        visits = [_Visits(host, client_of(network)) for host in (portal.published(), bare)]
        for each in visits:
            each.wait()
        return [
            _figure("page through Tor, new circuit", [each.load for each in visits], CIRCUITS),
            _on_open_circuits(visits),
        ]


def _on_open_circuits(visits: "list[_Visits]") -> Figure:
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(contextlib.closing(each.connected())) for each in visits]
        loads = [lambda one=one: _load(one) for one in opened]
        for load in loads:
            load()
        return _figure("page through Tor, open circuit", loads, PAGES)


def _figure(name: str, loads: "list[Callable[[], None]]", times: int) -> Figure:
    taken = [[seconds(load) for load in loads] for _ in range(times)]
    value, floor = (1000 * statistics.median(column) for column in zip(*taken, strict=True))
    return Figure(name, value, "ms", MOST, floor)


class _Visits:
    """Visits to an onion address, each over a circuit of its own."""

    def __init__(self, host: str, proxy: Endpoint) -> None:
        self._host, self._proxy = host, proxy

    def connected(self) -> http.client.HTTPConnection:
        """A connection over a new circuit. Raises ProbeError."""
        return new_circuit(self._proxy, self._host)

    def load(self) -> None:
        """The page, over a new circuit."""
        with contextlib.closing(self.connected()) as connected:
            _load(connected)

    def wait(self) -> None:
        """Until the network knows the service."""
        through(self._proxy)(self._host).close()


def _load(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.status == 200
    answer.read()


@contextlib.contextmanager
def _portal(folder: Path, network: PrivateNetwork) -> Iterator[Portal]:
    with served.silence():
        portal = Portal(folder)
    portal.join(network)
    try:
        portal.start()
        yield portal
    finally:
        portal.close()


@contextlib.contextmanager
def _bare(folder: Path, portal: Portal) -> Iterator[str]:
    """The bare onion service, at the portal's own tor once that has published the portal; its address."""
    portal.published()
    socket, key = folder / "bare.sock", OnionKey.create()
    control = Control.connect(Endpoint(path=portal.state / "tor" / "control"), Limits())
    with contextlib.closing(control), subprocess.Popen([sys.executable, "-m", "tests.bench.static", socket]) as process:
        try:
            yield publish(control, Service(key, socket)).address
        finally:
            process.terminate()
