"""One authenticated control connection to a running tor.

Framing and authentication are stem's (`stem.socket`, `stem.connection`); stem stays behind this module and
`process.py`. Its `Controller` is not used: it waits for an answer without end, so a hung tor would hang the portal;
it polls twenty times a second; and its deprecated thread calls raise warnings. Here a thread reads, and every question
has its time.

Source: Tor's control-spec.
"""

import contextlib
import logging
import os
import queue
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stem
import stem.connection
import stem.socket

from .errors import ControlDenied, ControlLost, ControlMissing, ControlRefused, SettingError, TorTooOld
from .limits import Limits

OLDEST_TOR = (0, 4, 6)
"""The first tor whose ADD_ONION takes `ClientAuthV3`; older ones have long been out of support."""

# stem would log the lines of a connection, and among them our secret key, for whoever listens at its lowest level.
logging.getLogger("stem").setLevel(logging.CRITICAL)

_VALUE = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))')
_EVENT_CODE = "650"


@dataclass(frozen=True)
class Endpoint:
    """Where something listens: the path of a unix socket, or a host and a port."""

    path: Path | None = None
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        """Reads "/run/tor/control", "unix:/run/tor/control", "127.0.0.1:9051" or "9051". Raises `SettingError`."""
        text = text.removeprefix("unix:").strip('"')
        if text.startswith("/"):
            return cls(path=Path(text))
        host, _, port = text.rpartition(":")
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise SettingError(
                f"{text!r} is neither a socket's path nor host:port: write /run/tor/control or 127.0.0.1:9051."
            )
        return cls(host=host.strip("[]") or "127.0.0.1", port=int(port))

    def connect(self, timeout_s: float) -> socket.socket:
        """A connected socket that keeps this timeout. Raises `OSError`."""
        if self.path is None:
            return socket.create_connection((self.host, self.port), timeout=timeout_s)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(timeout_s)
            connection.connect(os.fspath(self.path))
        except OSError:
            connection.close()
            raise
        return connection

    def __str__(self) -> str:
        return str(self.path) if self.path else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Event:
    """An asynchronous reply: `650 NAME word word KEY=value KEY="value"`, or a log line in `text`."""

    name: str
    words: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def parse(cls, line: str) -> "Event":
        name, _, rest = line.partition(" ")
        return cls(name, tuple(_VALUE.sub("", rest).split()), key_values(rest), rest)


class Control:
    """A control connection. Its questions may be asked from any thread; `close` interrupts them."""

    def __init__(self, link: "_Link", limits: Limits) -> None:
        self._link = link
        self._limits = limits
        self._asking = threading.Lock()
        self._replies: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._sink: Callable[[Event | None], None] = lambda event: None
        self._reader = threading.Thread(target=self._read, name="tor-control", daemon=True)
        self._reader.start()

    @classmethod
    def connect(cls, endpoint: Endpoint, limits: Limits) -> "Control":
        """Connects and authenticates with the cookie that tor names, or without one where tor wants none.

        Raises `ControlMissing`, `ControlDenied`, `ControlLost`, and `TorTooOld` for a version below `OLDEST_TOR`.
        """
        link = _open(endpoint, limits)
        try:
            _authenticate(link, endpoint)
        except BaseException:
            link.close()
            raise
        link.raw.settimeout(None)
        control = cls(link, limits)
        try:
            control._check_version()
        except BaseException:
            control.close()
            raise
        return control

    def ask(self, command: str, timeout_s: float | None = None) -> list[str]:
        """Sends one command line, and returns the lines of the answer without their codes.

        Raises `ControlRefused` if tor refuses it, `ControlLost` if there is no connection any more, or no answer within
        `timeout_s` (`Limits.answer_s`). The connection is closed then: a late answer would be taken for the next one.
        """
        with self._asking:
            try:
                self._link.send(command)
                reply = self._replies.get(timeout=self._limits.answer_s if timeout_s is None else timeout_s)
            except stem.ControllerError as error:
                raise _lost() from error
            except queue.Empty:
                self.close()
                raise ControlLost("tor does not answer any more: it is given up, and tried anew.") from None
        if reply is None:
            raise _lost()
        content: list[tuple[str, str, str]] = reply.content()
        code, _, text = content[-1]
        if not code.startswith("2"):
            raise ControlRefused(int(code), command.partition(" ")[0], text)
        return [line for _, _, line in content]

    def info(self, key: str) -> str:
        """The value of `GETINFO key`."""
        return self.ask(f"GETINFO {key}")[0].partition("=")[2]

    def listen(self, names: Sequence[str], sink: Callable[[Event | None], None]) -> None:
        """From now on `sink` gets the events of these names, and None when the connection ends, in the reading thread.

        Raises as `ask` does.
        """
        self._sink = sink
        self.ask(f"SETEVENTS {' '.join(names)}")

    def close(self) -> None:
        """Ends the connection. With it, tor withdraws the services that were added through it. May be called again."""
        self._link.close()

    def _read(self) -> None:
        # A malformed reply leaves nothing to go on with either.
        with contextlib.suppress(stem.ControllerError):
            while True:
                message = self._link.recv()
                if message.content()[-1][0] == _EVENT_CODE:
                    self._sink(Event.parse(str(message)))
                else:
                    self._replies.put(message)
        self._link.close()
        self._replies.put(None)
        self._sink(None)

    def _check_version(self) -> None:
        version = self.info("version")
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
        if numbers < OLDEST_TOR:
            oldest = ".".join(map(str, OLDEST_TOR))
            raise TorTooOld(
                f"This tor is version {version[:40]}, and {oldest} is needed at least: bring tor up to date."
            )


def key_values(text: str) -> dict[str, str]:
    """The `KEY=value` and `KEY="value"` pairs in a line of tor's."""
    return {key: re.sub(r"\\(.)", r"\1", quoted) or plain for key, quoted, plain in _VALUE.findall(text)}


class _Link(stem.socket.ControlSocket):  # type: ignore[misc]  # stem has no types
    """stem's control socket, on our own connection: stem's would wait without end for a host that is silent."""

    def __init__(self, endpoint: Endpoint, timeout_s: float) -> None:
        super().__init__()
        self._endpoint, self._timeout_s = endpoint, timeout_s
        self.raw: socket.socket
        self.connect()

    def _make_socket(self) -> socket.socket:
        self.raw = self._endpoint.connect(self._timeout_s)
        return self.raw


def _open(endpoint: Endpoint, limits: Limits) -> _Link:
    try:
        return _Link(endpoint, limits.connect_s)
    except PermissionError as error:
        raise ControlDenied(
            f"tor's control socket {endpoint} is closed to this user: add the portal's user to the group of the socket "
            "(debian-tor on Debian), and start the portal again."
        ) from error
    except OSError as error:
        raise ControlMissing(
            f"Nothing answers at tor's control socket {endpoint} ({error.strerror or 'no answer in time'}): start tor, "
            "or set ControlSocket or ControlPort in its torrc."
        ) from error


def _authenticate(link: _Link, endpoint: Endpoint) -> None:
    try:
        stem.connection.authenticate(link)
    except stem.connection.IncorrectSocketType as error:
        raise ControlMissing(
            f"What listens at {endpoint} is no control socket of tor's: name its ControlSocket or ControlPort, "
            "not its SocksPort."
        ) from error
    except (stem.connection.UnreadableCookieFile, stem.connection.IncorrectCookieSize) as error:
        raise ControlDenied(
            f"tor's cookie {error.cookie_path} cannot be read: set CookieAuthFileGroupReadable 1 in its torrc, and add "
            "the portal's user to tor's group (debian-tor on Debian)."
        ) from error
    except (
        stem.connection.MissingPassword,
        stem.connection.NoAuthCookie,
        stem.connection.UnrecognizedAuthMethods,
    ) as error:
        raise ControlDenied(f"tor at {endpoint} wants no cookie: set CookieAuthentication 1 in its torrc.") from error
    except stem.connection.AuthenticationFailure as error:
        if not link.is_alive():
            raise _lost() from error
        raise ControlDenied(
            f"tor at {endpoint} does not accept its own cookie: restart tor, and start the portal again."
        ) from error
    except (stem.ControllerError, OSError, TypeError) as error:
        # stem 1.8.2 raises a TypeError of its own where the connection ends within the challenge.
        raise _lost() from error


def _lost() -> ControlLost:
    return ControlLost("tor ended, or no longer answers: it is tried anew.")
