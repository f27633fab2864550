"""Asks, as a visitor would, whether our own onion address answers."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable

from . import socks
from .control import Control, Endpoint
from .errors import PortalDown, ProbeError
from .limits import Limits
from .onion import PORT, Service

_ANY_HOST = ("0.0.0.0", "::")  # noqa: S104 - read from tor's answer, never bound


def socks_port(control: Control, tor_host: str = "") -> Endpoint:
    """Where the tor of this connection takes SOCKS connections; `tor_host` is where it runs, if elsewhere.

    Raises `ProbeError` if it has no SOCKS port.
    """
    listeners = re.findall(r'"([^"]*)"', control.info("net/listeners/socks"))
    if not listeners:
        raise ProbeError("tor has no SOCKS port, so our address cannot be probed: set SocksPort in its torrc.")
    endpoint = Endpoint.parse(listeners[0])
    if endpoint.host in _ANY_HOST:
        endpoint = Endpoint(host=tor_host or "127.0.0.1", port=endpoint.port)
    return endpoint


def open_proxy(proxy: Endpoint, limits: Limits) -> socket.socket:
    """A connection to tor's SOCKS port. Raises `ProbeError`."""
    try:
        return proxy.connect(limits.connect_s)
    except OSError as error:
        raise ProbeError(
            f"tor's SOCKS port {proxy} cannot be used ({error.strerror or 'no answer'}), so our address is not probed: "
            "let the portal's user open it."
        ) from error


class Probe:
    """One probe, in a thread of its own. `done` is called once, in that thread, with None if the address answered."""

    def __init__(
        self, service: Service, proxy: Endpoint, limits: Limits, done: Callable[[ProbeError | None], None]
    ) -> None:
        self._service, self._proxy, self._limits, self._done = service, proxy, limits, done
        self._connection: socket.socket | None = None
        self._cancelled = False
        threading.Thread(target=self._run, name="tor-probe", daemon=True).start()

    def cancel(self) -> None:
        """Ends it early; `done` may still be called."""
        self._cancelled = True
        if self._connection:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._knock()
            self._visit()
        except ProbeError as error:
            self._done(error)
        else:
            self._done(None)

    def _knock(self) -> None:
        # First without tor, so that a portal that is down is not taken for a network that is down.
        try:
            Endpoint(path=self._service.target).connect(self._limits.connect_s).close()
        except OSError as error:
            raise PortalDown(
                f"Nothing listens on the portal's own socket {self._service.target}: start the portal again."
            ) from error

    def _visit(self) -> None:
        with open_proxy(self._proxy, self._limits) as connection:
            self._connection = connection
            if not self._cancelled:
                socks.connect(connection, self._service.key.address, PORT, self._limits.probe_s)
