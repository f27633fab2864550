"""The page's server: waitress on the loopback of this machine, with bodies that are never in clear on a disk."""

import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from portal.desk.web.door import Door
from portal.desk.web.receiving import Channel
from portal.errors import DeskError
from portal.limits import DESK_UPLOAD_BYTES

HOST = "127.0.0.1"
_LOOK_SECONDS = 1
"""Whether somebody is still there is looked at so often, seconds."""
_THREADS = 4
_UNLIMITED = 2**62
"""For waitress' overflow of buffers into files: an answer is never on a disk."""


class Server(TcpWSGIServer):
    """Serves one desk until `stop`."""

    channel_class = Channel

    def __init__(self, door: Door, bound: socket.socket) -> None:
        self._door = door
        self.folder = door.place.root
        self._stopping = threading.Event()
        self._waking = threading.RLock()
        self._is_closed = False
        adjustments = Adjustments(
            host=HOST,
            port=bound.getsockname()[1],
            asyncore_loop_timeout=1,
            cleanup_interval=_LOOK_SECONDS,
            ident=None,
            inbuf_overflow=_UNLIMITED,
            log_socket_errors=False,
            max_request_body_size=DESK_UPLOAD_BYTES,
            outbuf_overflow=_UNLIMITED,
            threads=_THREADS,
        )
        super().__init__(
            _closed,
            map={},
            _sock=bound,
            adj=adjustments,
            sockinfo=(bound.family, bound.type, bound.proto, bound.getsockname()),
            bind_socket=False,
        )

    @property
    def port(self) -> int:
        return int(self.effective_port)

    def maintenance(self, now: float) -> None:
        """Called every few seconds by the loop."""
        super().maintenance(now)
        self._door.lock_if_idle()

    def serve(self, application: Callable[..., Any]) -> None:
        """Answer requests until `stop`; then the keyring is gone."""
        self.application = application
        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=1, map=self._map, count=1)
            self._finish()
        finally:
            self._door.lock()
            self.task_dispatcher.shutdown()
            for channel in list(self.active_channels.values()):
                channel.handle_close()
            self.close()

    def pull_trigger(self) -> None:
        """Wake the loop. What outlives the server must not write into whatever has its pipe's number then."""
        with self._waking:
            if not self._is_closed:
                super().pull_trigger()

    def close(self) -> None:
        """End it all."""
        with self._waking:
            self._is_closed = True
            super().close()

    def _finish(self) -> None:
        """Send out the answer to whoever closed the desk."""
        for _ in range(20):
            if not any(channel.requests or channel.total_outbufs_len for channel in self.active_channels.values()):
                return
            wasyncore.loop(timeout=0.05, map=self._map, count=1)

    def stop(self) -> None:
        """Let `serve` return; from any thread."""
        self._stopping.set()
        self.pull_trigger()


def bind(port: int) -> socket.socket:
    """A socket on the loopback of this machine; port 0 takes a free one. Raises DeskError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let another program take the port as well
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or "there is no such port"
        raise DeskError(
            f"The page cannot be served on port {port} ({reason}): choose another with --port, or leave it out."
        ) from None
    return bound


def quiet() -> None:
    """Nothing that a library says about a request reaches the terminal."""
    for name in ("waitress", "waitress.queue", "werkzeug"):
        logging.getLogger(name).disabled = True


def stop_on_signals(server: Server) -> None:
    """Ctrl-C and the end of the terminal close the desk."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if number := getattr(signal, name, None):
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(number, lambda *_: server.stop())


def _closed(environ: object, start_response: Callable[..., Any]) -> list[bytes]:
    """Before the desk is ready."""
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []
