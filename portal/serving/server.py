"""The server: listening sockets, connections and workers around one loop, and an orderly end."""

import errno
import logging
import math
import resource
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer

from portal import limits
from portal.serving import discreet
from portal.serving.body import Budget, Keep
from portal.serving.bounds import Bounds
from portal.serving.channel import Channel
from portal.serving.parser import Parser
from portal.serving.tasks import ErrorPage
from portal.serving.workers import GivesWay, Workers

_STOPPING_LOOP_SECONDS = 0.05
_DEAF_SECONDS = 0.5
_WORD_SECONDS = 60.0
_OTHER_DESCRIPTORS = 256
"""Open files besides connections and their spools: database, tor, libraries."""
_UNLIMITED = 2**62
"""For waitress' own limits, which have no answer that a client can read, and its overflow of buffers into files."""

_log = logging.getLogger(__name__)
Application = Callable[..., Any]


def _adjustments(bounds: Bounds) -> Adjustments:
    return Adjustments(
        asyncore_use_poll=True,
        # Headers of gateways must reach the application: it refuses such requests.
        clear_untrusted_proxy_headers=False,
        ident=None,
        inbuf_overflow=_UNLIMITED,
        log_socket_errors=False,
        max_request_body_size=_UNLIMITED,
        max_request_header_size=bounds.header_bytes,
        outbuf_overflow=_UNLIMITED,
        recv_bytes=bounds.recv_bytes,
    )


class Listener(BaseWSGIServer):
    """One listening socket and the connections that came through it."""

    channel_class = Channel
    logger = discreet.Discreet()

    def __init__(self, server: "Server", bound: socket.socket) -> None:
        self.bounds = server.bounds
        self.error_page = server.error_page
        self._server = server
        self._next_look = 0.0
        self._deaf_until = 0.0
        self._next_word = 0.0
        self._waking = threading.RLock()
        self._is_closed = False
        super().__init__(
            server.application,
            map=server.map,
            _sock=bound,
            dispatcher=server.workers,
            adj=_adjustments(server.bounds),
            sockinfo=(bound.family, bound.type, bound.proto, bound.getsockname()),
            bind_socket=False,
        )

    def getsockname(self) -> tuple[str, int]:
        """What the application is told of the socket: nothing."""
        return "localhost", 80

    def fix_addr(self, addr: Any) -> tuple[str, None]:
        """What the application is told of the client: nothing."""
        return "localhost", None

    def set_socket_options(self, conn: socket.socket) -> None:
        """Send without delay; a unix socket does so anyway."""
        if conn.family != socket.AF_UNIX:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def accept_connections(self) -> None:
        """Listen."""
        self.accepting = True
        self.socket.listen(limits.BACKLOG)

    def new_parser(self, adjustments: Adjustments) -> Parser:
        """A parser for the next request of a connection."""
        return Parser(adjustments, self.bounds, self._server.budget, self._server.keep)

    def readable(self) -> bool:
        """Called in every round of the loop."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + self.bounds.cleanup_seconds
            for channel in list(self.active_channels.values()):
                if channel.is_overdue(now):
                    channel.give_up()
        return bool(self.accepting) and now >= self._deaf_until

    def accept(self) -> tuple[socket.socket, Any] | None:
        """The next connection; where there is no descriptor left for it, the one that gets on worst makes room.

        If all get on, nobody is listened to for a moment: the loop would turn without a pause else.
        """
        try:
            found: tuple[socket.socket, Any] | None = super().accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                now = time.monotonic()
                self._tell(now)
                worst = min(self._server.channels(), key=lambda channel: channel.progress(now), default=None)
                if worst is not None and worst.progress(now) < math.inf:
                    worst.handle_close()
                else:
                    self._deaf_until = now + _DEAF_SECONDS
            raise
        return found

    def _tell(self, now: float) -> None:
        """Tell the operator, and not at every connection."""
        if now >= self._next_word:
            self._next_word = now + _WORD_SECONDS
            _log.warning("No file descriptor is left for visitors: idle ones make room. Raise LimitNOFILE.")

    def handle_accept(self) -> None:
        """Take a connection; if there are too many, the one that gets on worst goes, or else the new one."""
        super().handle_accept()
        channels = self._server.channels()
        if len(channels) > self._server.connections:
            now = time.monotonic()
            newest = list(self.active_channels.values())[-1]
            channels.remove(newest)
            worst = min(channels, key=lambda channel: channel.progress(now))
            (newest if worst.progress(now) == math.inf else worst).handle_close()

    def handle_error(self) -> None:
        """Go on listening, whatever one connection did."""
        discreet.failure()

    def pull_trigger(self) -> None:
        """Wake the loop. A request that outlives the server must not write into whatever has its pipe's number then."""
        with self._waking:
            if not self._is_closed:
                super().pull_trigger()

    def stop_accepting(self) -> None:
        """Close the listening socket, and remove its file."""
        if self.socket is None:
            return
        if self.family == socket.AF_UNIX:
            Path(self.socket.getsockname()).unlink(missing_ok=True)
        wasyncore.dispatcher.close(self)

    def close(self) -> None:
        """Stop accepting, and end all connections."""
        self.stop_accepting()
        for channel in list(self.active_channels.values()):
            channel.handle_close()
        with self._waking:
            self._is_closed = True
            self.trigger.close()


def _spool(content_type: str) -> None:
    """Has every body go into a spool."""


def _none(method: str, path: str) -> bool:
    """Has no request give way."""
    return False


class Server:
    """Serves a WSGI application on bound sockets (`listen.unix`, `listen.preview`).

    `keep` makes what a body goes into, where a spool will not do; the application finds it as `wsgi.input`.
    `gives_way` tells the requests that may wait for all others.

    `run` returns after `stop`, which any thread and any signal handler may call.
    """

    def __init__(
        self,
        application: Application,
        sockets: Sequence[socket.socket],
        error_page: ErrorPage,
        bounds: Bounds,
        keep: Keep = _spool,
        gives_way: GivesWay = _none,
    ) -> None:
        self.application = application
        self.error_page = error_page
        self.bounds = bounds
        self.keep = keep
        self.budget = Budget(bounds.in_flight_bytes)
        self.workers = Workers(bounds, gives_way)
        self.connections = _allowed_connections(bounds.connections)
        self.map: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._listeners = [Listener(self, bound) for bound in sockets]

    def channels(self) -> list[Channel]:
        """The open connections."""
        return [channel for listener in self._listeners for channel in listener.active_channels.values()]

    def run(self) -> bool:
        """Serve until `stop`. Returns whether all that was under way was finished, at most 4 s after that."""
        self.workers.start()
        try:
            while not self._stopping.is_set():
                wasyncore.loop(self.bounds.cleanup_seconds, use_poll=True, map=self.map, count=1)
            return self._finish()
        finally:
            self.workers.stop()
            for listener in self._listeners:
                listener.close()

    def stop(self) -> None:
        """Let `run` finish what it can and return."""
        self._stopping.set()
        for listener in self._listeners:
            listener.pull_trigger()

    def _finish(self) -> bool:
        for listener in self._listeners:
            listener.stop_accepting()
        deadline = time.monotonic() + self.bounds.stop_seconds
        while time.monotonic() < deadline:
            for channel in self.channels():
                if channel.is_idle():
                    channel.handle_close()
            if not self.channels() and self.workers.is_idle():
                return True
            wasyncore.loop(_STOPPING_LOOP_SECONDS, use_poll=True, map=self.map, count=1)
        return False


def _allowed_connections(wanted: int) -> int:
    """How many connections there are descriptors for, two each: one for itself, one for its spool.

    Raises the limit of this process as far as that needs and the system allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        wanted = min(wanted, max(1, (soft - _OTHER_DESCRIPTORS) // 2))
    return wanted
