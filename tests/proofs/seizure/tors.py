"""The tor of a portal that is seized: the one that the portal starts itself, or one apart, as deploy/ sets it up."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.e2e.parts import ROOT, Portal
from tests.tor.fake_tor import eventually
from tor import PrivateNetwork

START_SECONDS = 30.0
STOP_SECONDS = 10.0


class Tor(Protocol):
    """What a seizure needs of the portal's tor."""

    name: str

    @property
    def pid(self) -> int:
        """Its process."""

    def places(self) -> Mapping[str, Sequence[Path]]:
        """Where it leaves something: folders and files, by a name for the result."""

    def start(self) -> None:
        """Run, before the portal does."""

    def kill(self, portal: Portal) -> None:
        """kill -9, of the portal as well."""

    def stop(self) -> None:
        """End in order, after the portal has."""


class OwnTor:
    """The portal's own: its folder is in the portal's state, and it writes no log."""

    name = "with a tor of its own"

    def __init__(self, portal: Portal, network: PrivateNetwork) -> None:
        self._portal = portal
        portal.join(network)

    @property
    def pid(self) -> int:
        return self._portal.tor_pid

    def places(self) -> Mapping[str, Sequence[Path]]:
        return {"tor's folder": [self._portal.state / "tor"]}

    def start(self) -> None:
        """The portal starts it."""

    def kill(self, portal: Portal) -> None:
        pid = self.pid
        # It would end in order, and tidy up, as soon as it lost the portal.
        os.kill(pid, signal.SIGSTOP)
        portal.crash()
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """The portal has stopped it."""


class TorApart:
    """With the torrc of deploy/, in folders of its own. It logs more than there: down to `info`, and nothing scrubbed.

    Whatever is missing from such a log is missing from the log of every operator, but of one who debugs tor.
    """

    name = "with a tor apart"

    def __init__(self, portal: Portal, network: PrivateNetwork) -> None:
        self._folder = folder = portal.folder / "tor-apart"
        for part in ("data", "run"):
            (folder / part).mkdir(parents=True, mode=0o700)
        self._log = folder / "log"
        torrc = (ROOT / "deploy" / "torrc").read_text("utf-8")
        for deployed, here in {
            "/var/lib/portevoix-tor": str(folder / "data"),
            "/run/portevoix-tor": str(folder / "run"),
            "SafeLogging 1": "SafeLogging 0",
            "Log notice stdout": f"Log info file {self._log}",
        }.items():
            assert deployed in torrc
            torrc = torrc.replace(deployed, here)
        self._torrc = folder / "torrc"
        self._torrc.write_text("\n".join([torrc, *network.torrc_lines, ""]), "utf-8")
        (portal.state / "portal.toml").write_text(f'tor_control = "{folder / "run" / "control"}"\n')
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def places(self) -> Mapping[str, Sequence[Path]]:
        return {"tor's folder": [self._folder / "data", self._folder / "run"], "tor's log": [self._log]}

    def start(self) -> None:
        command = ["tor", "--quiet", "--defaults-torrc", os.devnull, "-f", self._torrc]
        # It ends with this process, even if that is killed.
        command += ["__OwningControllerProcess", str(os.getpid())]
        self._process = subprocess.Popen(list(map(str, command)))
        eventually((self._folder / "run" / "control").is_socket, START_SECONDS)

    def kill(self, portal: Portal) -> None:
        portal.crash()
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        if self._process is not None:
            self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(STOP_SECONDS)
        self._process = None
