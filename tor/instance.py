"""The tor that publishes: one of our own, or the system's. Both can be connected to, and let go, again and again."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from .control import Control, Endpoint
from .limits import Limits
from .process import TorProcess, operator_lines, private_folder, quote, socket_path


class Tor(Protocol):
    """What the keeper needs of a tor."""

    @property
    def host(self) -> str:
        """The host that tor runs on; empty for this machine."""

    def connect(self, limits: Limits) -> Control:
        """Starts what must be started, and returns a new control connection. Raises `StartError`, `ControlError`."""

    def release(self, limits: Limits) -> None:
        """Ends the connection and whatever `connect` started. Harmless in any state and from any thread."""


class ManagedTor:
    """A tor process of our own.

    `data_directory` is made if need be, 0700; tor keeps its guards and the consensus there, so that it is quick the
    next time, and both its sockets. `extra_lines` are torrc lines of the operator's: bridges, pluggable transports, a
    proxy (`process.OPERATOR_OPTIONS`). `binary` is the program, a name or a path. `say` gets each line that tor prints
    until it listens.

    Raises `SettingError`.
    """

    host = ""

    def __init__(
        self,
        data_directory: Path,
        extra_lines: Sequence[str] = (),
        binary: str = "tor",
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._folder = data_directory.absolute()
        self._control_path = socket_path(self._folder / "control")
        self._lines = operator_lines(extra_lines)
        self._binary = binary
        self._say = say
        self._process: TorProcess | None = None
        self._control: Control | None = None

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process and self._process.is_alive() else None

    def connect(self, limits: Limits) -> Control:
        self.release(limits)
        private_folder(self._folder)
        self._process = TorProcess.start(self._torrc(), self._binary, self._say)
        self._control = Control.connect(Endpoint(path=self._control_path), limits)
        # From here on tor ends with this connection, at once, even if we are killed.
        self._control.ask("TAKEOWNERSHIP")
        return self._control

    def release(self, limits: Limits) -> None:
        control, self._control = self._control, None
        process, self._process = self._process, None
        if control:
            control.close()
        if process:
            process.stop(limits.stop_s)

    def _torrc(self) -> list[str]:
        return [
            f"DataDirectory {quote(self._folder)}",
            f"ControlSocket unix:{quote(self._control_path)}",
            "CookieAuthentication 1",
            # For the probe alone: onion addresses only, and on a socket that nobody else can reach.
            f"SocksPort unix:{quote(socket_path(self._folder / 'socks'))} OnionTrafficOnly ExtendedErrors",
            "ClientOnly 1",
            "SafeLogging 1",
            "AvoidDiskWrites 1",
            *self._lines,
        ]


class SystemTor:
    """A tor that somebody else runs, such as Debian's service.

    `control` is its control socket or port: "/run/tor/control", "127.0.0.1:9051". tor itself names its cookie file. The
    user that tor runs as opens `target`, so it needs the right to. Raises `SettingError`.
    """

    def __init__(self, control: str = "/run/tor/control") -> None:
        self._endpoint = Endpoint.parse(control)
        self._control: Control | None = None

    @property
    def host(self) -> str:
        return self._endpoint.host

    def connect(self, limits: Limits) -> Control:
        self.release(limits)
        self._control = Control.connect(self._endpoint, limits)
        return self._control

    def release(self, limits: Limits) -> None:
        control, self._control = self._control, None
        if control:
            control.close()
