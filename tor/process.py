"""A tor process of our own: its settings, its start, its end.

tor reads its torrc from a pipe, and keeps its state, its control socket, its cookie and its SOCKS socket in one folder
that only our user can enter. It writes no log, and its addresses are scrubbed (SafeLogging). It lives no longer than
we do: it polls for our process (`__OwningControllerProcess`), and `control.py` ties it to the control connection as
well, which ends even if we are killed.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import stem.process

from .errors import AddressInUse, DataDirectoryInUse, SettingError, StartError, TorMissing

SOCKET_PATH_BYTES = 107
"""The longest path of a unix socket: `sun_path` of unix(7), less its closing zero."""

OPERATOR_OPTIONS = frozenset(
    # The way into the network.
    "Bridge ClientTransportPlugin UseBridges HTTPSProxy HTTPSProxyAuthenticator "
    "Socks4Proxy Socks5Proxy Socks5ProxyUsername Socks5ProxyPassword "
    "FascistFirewall FirewallPorts ReachableAddresses ReachableORAddresses "
    "ClientUseIPv4 ClientUseIPv6 ClientPreferIPv6ORPort OutboundBindAddress OutboundBindAddressOR "
    # How much passes through it, and past which relays.
    "BandwidthRate BandwidthBurst ConnectionPadding ReducedConnectionPadding ExcludeNodes StrictNodes "
    # The machine.
    "NumCPUs HardwareAccel CompiledProofOfWorkHash DisableAllSwap MaxMemInQueues GeoIPFile GeoIPv6File "
    # Another network than the public one: private.py.
    "DirAuthority TestingTorNetwork".lower().split()
)
"""The torrc options that an operator may set. None weakens the service, writes to disk or opens a port."""

_BOOTSTRAP_BEGINS = 0
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")


class TorProcess:
    """A running tor. `start` makes one; `stop` ends it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @classmethod
    def start(cls, torrc: Sequence[str], binary: str = "tor", say: Callable[[str], None] | None = None) -> "TorProcess":
        """Starts tor with the lines of `torrc`, and returns as soon as it listens and begins to bootstrap.

        That takes a fraction of a second. `say` gets each line that tor prints until then. Raises `TorMissing`,
        `AddressInUse`, `DataDirectoryInUse`, or `StartError` with tor's own reason.
        """
        if shutil.which(binary) is None:
            raise TorMissing(f"The program {binary} is not here: install it, with apt-get install tor on Debian.")
        watch = _StartWatch(say)
        lines = [*torrc, "Log notice stdout", "__ReloadTorrcOnSIGHUP 0", ""]
        # Ctrl-C at a terminal reaches the whole process group, but tor must outlive it until the last answer is sent.
        # The signal mask is inherited; stem offers no other way to keep the signal from tor.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process = stem.process.launch_tor(
                binary,
                # No file of the system's is read: what runs is what is written here.
                args=["--defaults-torrc", os.devnull, "-f", "-"],
                stdin="\n".join(lines),
                completion_percent=_BOOTSTRAP_BEGINS,
                init_msg_handler=watch.line,
                # Bootstrapping is followed over the control connection, so that it can be interrupted from any thread.
                timeout=None,
                take_ownership=True,
            )
        except OSError as error:
            raise watch.failure(binary, error) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def stop(self, grace_s: float) -> None:
        """Ends tor: SIGTERM, and SIGKILL if it has not ended after `grace_s` seconds. May be called again."""
        self._process.terminate()
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _StartWatch:
    """Reads what tor prints while it starts, to say afterwards why it did not."""

    def __init__(self, say: Callable[[str], None] | None) -> None:
        self._say = say
        self._complaints: list[str] = []

    def line(self, line: str) -> None:
        if self._say:
            self._say(line)
        found = re.search(r"\[(?:warn|err)\] (.*)", line)
        if found:
            self._complaints.append(found[1])
        if "with the same data directory" in line:
            # tor would now wait for five seconds; whoever waits for us can do better.
            raise DataDirectoryInUse(
                "Another tor runs in the same data directory: stop it, or wait until it has ended."
            )

    def failure(self, binary: str, error: OSError) -> StartError:
        if isinstance(error, PermissionError):
            return TorMissing(
                f"The program {binary} may not be run by this user: install tor, or name another program."
            )
        taken = next((text for text in self._complaints if "Address already in use" in text), None)
        if taken:
            where = re.search(r"Could not bind to ([^ ]+): ", taken)
            return AddressInUse(
                f"The address {where[1] if where else 'that tor listens on'} is already in use: "
                "stop the program that has it, or choose another port."
            )
        # The last lines only say that there were lines before them.
        reasons = [text for text in self._complaints if "see warnings above" not in text]
        reason = reasons[-1].removeprefix("Failed to parse/validate config: ") if reasons else "it gave no reason"
        if len(reasons) > 1 and reason.startswith("Failed to bind"):
            reason = reasons[-2]
        return StartError(f"tor did not start ({reason.rstrip('.')}): mend that, and start the portal again.")


def operator_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """The torrc lines of an operator, checked: each is one option of `OPERATOR_OPTIONS` with its value.

    Raises `SettingError` that names the line's option.
    """
    for line in lines:
        name = line.partition(" ")[0]
        if name.lower() not in OPERATOR_OPTIONS:
            raise SettingError(
                f"The torrc option {name[:40]!r} cannot be set here: take the line out of the configuration."
            )
        if _CONTROL_CHARACTER.search(line) or line.endswith("\\"):
            raise SettingError(
                f"The torrc line with {name} is not one plain line: write each option on a line of its own."
            )
    return tuple(lines)


def quote(path: Path) -> str:
    """A path as a torrc value. Raises `SettingError` if tor could not read it."""
    text = str(path)
    if _CONTROL_CHARACTER.search(text) or any(character in text for character in '"\\#'):
        raise SettingError(
            f'The path {text!r} has a character that tor cannot read (", \\ or #): choose another folder.'
        )
    return f'"{text}"'


def socket_path(path: Path) -> Path:
    """The same path, absolute, if a unix socket can have it; raises `SettingError` if it is too long."""
    path = path.absolute()
    size = len(os.fsencode(path))
    if size > SOCKET_PATH_BYTES:
        raise SettingError(
            f"The path of the socket {path} has {size} bytes and may have {SOCKET_PATH_BYTES}: choose a shorter folder."
        )
    return path


def private_folder(path: Path) -> Path:
    """Makes the folder, 0700, and its parents; returns it absolute. Raises `SettingError` if it is not ours alone."""
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise SettingError(f"The folder {path} cannot be made ({error.strerror}): make its parent writable.") from error
    if found.st_uid != os.geteuid():
        raise SettingError(f"The folder {path} belongs to another user: give it to the portal's user with chown.")
    if found.st_mode & 0o077:
        raise SettingError(f"The folder {path} is open to others: type chmod 700 {path}.")
    return path
