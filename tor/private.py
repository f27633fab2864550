"""A whole Tor network on the loopback of one machine, for tests and for a machine without internet.

Four tors are directory authorities and relays at once, with keys of their own that `tor-gencert` makes; a fifth is a
client with a SOCKS port. All is in one folder and vanishes with it. Everything stays on 127.0.0.1 under one user, so
**nobody who uses this network is anonymous**.

Most of the time until it is up goes by waiting for the first vote, which falls on a multiple of `FIRST_VOTE_S` of the
clock. Clients start only when every authority has a consensus with all four relays: a tor that has once chosen its
guards among two relays cannot build a circuit for a long time after.

Source: tor(1), "Testing network options"; tor-gencert(1).
"""

import contextlib
import random
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from .control import Control, Endpoint, key_values
from .errors import AddressInUse, NetworkError, TorMissing
from .limits import Limits
from .probe import socks_port
from .process import TorProcess, private_folder, quote, socket_path

AUTHORITIES = 4
"""A circuit to an onion service passes three relays on each side; a choice must be left."""

FIRST_VOTE_S, VOTE_S, VOTE_DELAY_S = 5, 10, 2
"""Seconds of the first voting interval, of the later ones, and for votes, and signatures, to arrive: tor's minimum."""

LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below the range from which Linux takes the ports of outgoing connections."""

UP_S = 90
"""Seconds within which the network must be up; a busy machine takes its time for the keys."""

POLL_S = 0.1
LAUNCH_TRIES = 3
"""A port that was free a moment ago may be taken: by another private network that starts at the same time."""

CERTIFICATE_MONTHS = 12

# Where the relays' addresses lie does not matter here, and reading the tables is most of a tor's start.
_NO_GEOIP = ("GeoIPFile /dev/null", "GeoIPv6File /dev/null")


@dataclass(frozen=True)
class _Authority:
    name: str
    folder: Path
    vote_identity: str
    fingerprint: str


class PrivateNetwork:
    """A private Tor network, as a context manager.

    `parent` is where its folder is made, else the system's temporary folder. `say` gets a few words on each step.
    Inside the `with`:

    - `torrc_lines` are what a tor needs to join as a client: the `extra_lines` of a `ManagedTor`.
    - `socks_port` is a port on 127.0.0.1 where the network's own client takes SOCKS5 connections.
    - `client` is that client's control socket.

    Every tor ends with this process, even if it is killed; only the folder is left then. Entering raises `NetworkError`
    or another `TorError`.
    """

    def __init__(self, parent: Path | None = None, say: Callable[[str], None] = lambda words: None) -> None:
        self._parent = parent
        self._say = say
        self._limits = Limits()
        self._running: list[tuple[TorProcess, Control]] = []
        self._folder: Path | None = None
        self.torrc_lines: tuple[str, ...] = ()
        self.socks_port = 0
        self.client = Endpoint()

    def __enter__(self) -> "PrivateNetwork":
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        deadline = time.monotonic() + UP_S
        if self._parent:
            self._parent.mkdir(parents=True, exist_ok=True)
        self._folder = folder = Path(tempfile.mkdtemp(prefix="tor-", dir=self._parent)).absolute()
        self._say("making the keys of a private Tor network")
        with ThreadPoolExecutor(AUTHORITIES) as pool:
            authorities = list(pool.map(lambda number: _make_authority(folder, number), range(AUTHORITIES)))
        controls = self._launch_authorities(authorities)
        self._say("waiting for its first consensus")
        _wait(lambda: all(_relays(control) == AUTHORITIES for control in controls), "has no consensus", deadline)
        self._say("starting its client")
        client = self._launch(folder / "client", [*self.torrc_lines, f"SocksPort {LOOPBACK}:auto"])
        self.client = Endpoint(path=folder / "client" / "control")
        _wait(lambda: _progress(client) == "100", "lets no client in", deadline)
        self.socks_port = socks_port(client).port

    def _launch_authorities(self, authorities: list[_Authority]) -> list[Control]:
        for _ in range(LAUNCH_TRIES - 1):
            with contextlib.suppress(AddressInUse):
                return self._launch_on(authorities, _free_ports(2 * len(authorities)))
            self._end()
        return self._launch_on(authorities, _free_ports(2 * len(authorities)))

    def _launch_on(self, authorities: list[_Authority], ports: Iterator[int]) -> list[Control]:
        placed = [(authority, next(ports), next(ports)) for authority in authorities]
        self.torrc_lines = (
            "TestingTorNetwork 1",
            *(
                f"DirAuthority {authority.name} orport={or_port} v3ident={authority.vote_identity} "
                f"{LOOPBACK}:{dir_port} {authority.fingerprint}"
                for authority, or_port, dir_port in placed
            ),
        )
        with ThreadPoolExecutor(AUTHORITIES) as pool:
            return list(pool.map(lambda place: self._launch_authority(*place), placed))

    def _launch_authority(self, authority: _Authority, or_port: int, dir_port: int) -> Control:
        return self._launch(
            authority.folder,
            [
                *self.torrc_lines,
                f"Nickname {authority.name}",
                f"Address {LOOPBACK}",
                f"ORPort {LOOPBACK}:{or_port}",
                f"DirPort {LOOPBACK}:{dir_port}",
                "ContactInfo nobody",
                "SocksPort 0",
                "ExitRelay 0",
                "AssumeReachable 1",
                "AuthoritativeDirectory 1",
                "V3AuthoritativeDirectory 1",
                f"TestingV3AuthInitialVotingInterval {FIRST_VOTE_S}",
                f"TestingV3AuthInitialVoteDelay {VOTE_DELAY_S}",
                f"TestingV3AuthInitialDistDelay {VOTE_DELAY_S}",
                f"V3AuthVotingInterval {VOTE_S}",
                f"V3AuthVoteDelay {VOTE_DELAY_S}",
                f"V3AuthDistDelay {VOTE_DELAY_S}",
                "TestingDirAuthVoteExit *",
                "TestingDirAuthVoteHSDir *",
                "TestingDirAuthVoteGuard *",
                "TestingMinExitFlagThreshold 0",
            ],
        )

    def _launch(self, folder: Path, torrc: list[str]) -> Control:
        control_path = socket_path(private_folder(folder) / "control")
        process = TorProcess.start(
            [
                *torrc,
                f"DataDirectory {quote(folder)}",
                f"ControlSocket unix:{quote(control_path)}",
                "CookieAuthentication 1",
                "SafeLogging 1",
                *_NO_GEOIP,
            ]
        )
        try:
            control = Control.connect(Endpoint(path=control_path), self._limits)
        except BaseException:
            process.stop(self._limits.stop_s)
            raise
        self._running.append((process, control))
        control.ask("TAKEOWNERSHIP")
        return control

    def _end(self) -> None:
        running, self._running = self._running, []
        for _, control in running:
            control.close()
        for process, _ in running:
            process.stop(self._limits.stop_s)

    def _stop(self) -> None:
        self._end()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _make_authority(parent: Path, number: int) -> _Authority:
    folder = private_folder(parent / f"authority{number}")
    keys = private_folder(folder / "keys")
    certificate = keys / "authority_certificate"
    files = {"-i": keys / "authority_identity_key", "-s": keys / "authority_signing_key", "-c": certificate}
    _run(
        ["tor-gencert", "--create-identity-key", "-m", str(CERTIFICATE_MONTHS), "--passphrase-fd", "0"]
        + [str(word) for pair in files.items() for word in pair],
        # Nobody will ever need it again: the network ends with its folder.
        stdin=secrets.token_hex(16),
    )
    identity = re.search(r"^fingerprint (\w+)$", certificate.read_text("ascii"), re.MULTILINE)
    name = f"authority{number}"
    # A relay's key does not depend on its ports, but tor wants some before it makes one; nothing is opened.
    torrc = [f"DataDirectory {quote(folder)}", f"Nickname {name}", f"Address {LOOPBACK}", "ORPort 1", *_NO_GEOIP]
    listed = _run(
        ["tor", "--list-fingerprint", "--quiet", "--defaults-torrc", "/dev/null", "-f", "-"], "\n".join(torrc)
    )
    fingerprint = re.search(rf"^{name} ([\dA-F ]+)$", listed, re.MULTILINE)
    if not identity or not fingerprint:
        raise NetworkError("tor names no fingerprint for a new relay: this version cannot form a private network.")
    return _Authority(name, folder, identity[1], fingerprint[1].replace(" ", ""))


def _run(command: list[str], stdin: str) -> str:
    try:
        done = subprocess.run(command, input=f"{stdin}\n", capture_output=True, text=True, timeout=UP_S, check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise TorMissing(
            f"The program {command[0]} is not here: install tor, with apt-get install tor on Debian."
        ) from error
    except subprocess.SubprocessError as error:
        reason = (
            (getattr(error, "stdout", "") or getattr(error, "stderr", "") or "it did not end").strip().splitlines()[-1]
        )
        raise NetworkError(f"{command[0]} failed ({reason}): a private network cannot be formed with it.") from error
    return done.stdout


def _free_ports(count: int) -> Iterator[int]:
    """So many different ports of the loopback that are free now."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        # Ports are no secret.
        for port in random.sample(PORTS, len(PORTS)):
            with contextlib.suppress(OSError):
                listener = held.enter_context(socket.socket())
                listener.bind((LOOPBACK, port))
                ports.append(port)
            if len(ports) == count:
                return iter(ports)
    raise NetworkError(f"No ports from {PORTS.start} to {PORTS.stop} are free: stop what holds them.")


def _relays(control: Control) -> int:
    """How many relays of the consensus keep onion services' descriptors."""
    return len(re.findall(r"^s .*\bHSDir\b", control.ask("GETINFO ns/all")[0], re.MULTILINE))


def _progress(control: Control) -> str:
    return key_values(control.info("status/bootstrap-phase")).get("PROGRESS", "")


def _wait(condition: Callable[[], bool], failure: str, deadline: float) -> None:
    while not condition():
        if time.monotonic() > deadline:
            raise NetworkError(
                f"The private Tor network {failure} after {UP_S} seconds: try again on a machine less busy."
            )
        time.sleep(POLL_S)
