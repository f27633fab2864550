"""A portal at its onion address on a private Tor network: attackers and reporters who come through tors of their own,
and what the portal's tor says of it.
"""

import contextlib
import math
import re
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from portal.trial.listening import HOST, free_port
from tests.e2e.onion import through
from tests.e2e.parts import Portal
from tests.flood.measure import Attack, crowd, report_seconds
from tor import Limits, ManagedTor, PrivateNetwork, ProbeError
from tor.control import Control, Endpoint, key_values

UP_SECONDS = 60.0
_POLL_SECONDS = 0.1
_READ_SECONDS = 1.0


@contextlib.contextmanager
def visitors(network: PrivateNetwork, count: int) -> Iterator[list[Path]]:
    """So many tors, each as a visitor has one, which know nothing of the portal yet; the SOCKS socket of each."""
    limits = Limits()
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="tors-") as folder:
        made = [ManagedTor(Path(folder) / str(number), network.torrc_lines) for number in range(count)]
        for tor in made:
            stack.callback(tor.release, limits)
        for control in [tor.connect(limits) for tor in made]:
            _bootstrapped(control)
        yield [Path(folder) / str(number) / "socks" for number in range(count)]


def _bootstrapped(control: Control) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while key_values(control.info("status/bootstrap-phase")).get("PROGRESS") != "100":
        assert time.monotonic() < deadline, "a visitor's tor does not come into the network"
        time.sleep(_POLL_SECONDS)


class Onion:
    """The service, with the tors of its attackers and of its reporters: each reporter has one that is new to it."""

    def __init__(self, portal: Portal, attackers: Sequence[Path], reporters: Sequence[Path]) -> None:
        self.portal = portal
        self._attackers = attackers
        self._reporters = iter(reporters)
        self.host = portal.published()
        self.gauge = Gauge(portal)

    def crowd(self, at_least: float, **kinds: int) -> contextlib.AbstractContextManager[Attack]:
        """A crowd while the block runs: `measure.crowd`."""
        return crowd("tor:" + ",".join(map(str, self._attackers)), self.host, at_least, **kinds)

    def report_seconds(self, bound: float) -> float:
        """How long a text report takes; infinite for one that is not taken by then. Each page has a new circuit."""
        proxy = Endpoint(path=next(self._reporters))
        try:
            return report_seconds(f"http://{self.host}", through(proxy, bound), bound)
        except (ProbeError, TimeoutError):
            return math.inf


@contextlib.contextmanager
def onion(
    folder: Path,
    network: PrivateNetwork,
    attackers: Sequence[Path],
    reporters: Sequence[Path],
    *,
    proof_of_work: bool = True,
) -> Iterator[Onion]:
    """A portal that is made in `folder`, and serves while the block runs."""
    portal = Portal(folder)
    portal.join(network)
    with (portal.state / "portal.toml").open("a") as settings:
        settings.write(f"proof_of_work = {str(proof_of_work).lower()}\n")
    portal.start()
    try:
        yield Onion(portal, attackers, reporters)
    finally:
        portal.close()


class Gauge:
    """Reads the metrics of a portal's own tor: what its onion service went through."""

    def __init__(self, portal: Portal) -> None:
        port = free_port()
        control = Control.connect(Endpoint(path=portal.state / "tor" / "control"), Limits())
        with contextlib.closing(control):
            control.ask(f'SETCONF MetricsPort="{HOST}:{port}" MetricsPortPolicy="accept {HOST}"')
        self._url = f"http://{HOST}:{port}/metrics"

    def read(self) -> dict[str, float]:
        """The sum of each metric of onion services over their labels, by its name without `tor_hs_`."""
        found: dict[str, float] = {}
        with urllib.request.urlopen(self._url, timeout=UP_SECONDS) as answer:
            for name, value in re.findall(r"^tor_hs_(\w+)\{.*\} (\S+)$", answer.read().decode(), re.MULTILINE):
                found[name] = found.get(name, 0.0) + float(value)
        return found

    def wait(self, name: str, value: float, seconds: float) -> None:
        """Until a metric is at least as high, for at most so many seconds."""
        deadline = time.monotonic() + seconds
        while self.read()[name] < value:
            assert time.monotonic() < deadline, f"{name} did not reach {value}"
            time.sleep(_READ_SECONDS)
