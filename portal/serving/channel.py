"""One connection: its requests one after the other, its deadlines, and an end that the client can read to.

What waitress' channel does not do: it parses a pipelined request while an answer waits (here: after it), it forgets a
half-received body when the client goes, it resets a connection on which it refused a body, and it lets a client hold a
connection with a byte a minute.
"""

import math
import socket
import time
from typing import Any

from waitress.channel import HTTPChannel

from portal import limits
from portal.serving import discreet
from portal.serving.parser import Parser
from portal.serving.tasks import ErrorTask, Task

_HEAD_START_BYTES = 1_000
"""What every connection counts as having sent when it is compared, bytes, so that a new one is not the slowest."""


class Channel(HTTPChannel):
    """Runs in the server's own thread, but for `service` and what it calls."""

    task_class = Task
    error_task_class = ErrorTask
    request: Parser | None
    logger = discreet.Discreet()

    def __init__(self, server: Any, connection: socket.socket, address: Any, adjustments: Any, map: Any = None) -> None:
        # waitress makes a parser of its own for an error page, with this attribute.
        self.parser_class = server.new_parser
        self._bounds = server.bounds
        self._leftover = b""
        """What came behind the request at hand: the next one, if the client pipelines."""
        self._since = self._heard = time.monotonic()
        """When the request at hand, or the wait for one, began; when a byte last went either way."""
        self._taken = 0
        """Bytes of the request at hand."""
        self._refusing = False
        """Whether the request at hand was refused, so that more of it may be on its way."""
        self._lingering = False
        super().__init__(server, connection, address, adjustments, map=map)

    def handle_read(self) -> None:
        """Take what the client sent, at most so much that the others do not wait."""
        for _ in range(limits.RECV_TIMES):
            try:
                data = self.socket.recv(self._bounds.recv_bytes)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.handle_close()
                return
            self.received(data)
            if len(data) < self._bounds.recv_bytes or not self.readable():
                return

    def received(self, data: bytes) -> bool:
        """Take bytes of the client; one request at a time goes to the workers."""
        self._heard = time.monotonic()
        self._taken += len(data)
        if self._lingering:
            if self._taken > self._bounds.drain_bytes:
                self.handle_close()
            return False
        with self.requests_lock:
            if self.will_close or self.close_when_flushed:
                return False
            self._leftover += data
            while self._leftover and self.connected and not self.requests:
                self._parse()
        return True

    def _parse(self) -> None:
        request = self.request
        if request is None:
            request = self.request = self.parser_class(self.adj)
            self._since, self._taken = self._heard, len(self._leftover)
        self._leftover = self._leftover[request.received(self._leftover) :]
        if request.completed:
            # Even if it expects to be invited: waitress would do so, and then wait for ever.
            self._complete(request)
        elif request.expect_continue and request.headers_finished:
            self.send_continue()

    def _complete(self, request: Parser) -> None:
        self.request = None
        self.sent_continue = False
        if not request.empty:
            self._refusing = request.error is not None
            self.requests.append(request)
            self.server.add_task(self)

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the socket takes; returns how many bytes."""
        sent: int = super().send(data, do_close)
        if sent:
            self._heard = time.monotonic()
        return sent

    def readable(self) -> bool:
        """Whether the server is to wait for bytes of the client."""
        return bool(self.connected and (self._lingering or (super().readable() and not self._leftover)))

    def writable(self) -> bool:
        """Whether the server is to call `handle_write` as soon as the client can take bytes."""
        return bool(self.connected and not self._lingering and (super().writable() or self._has_next()))

    def _has_next(self) -> bool:
        closing = self.will_close or self.close_when_flushed
        return bool(self._leftover and not self.requests and not self.total_outbufs_len and not closing)

    def handle_write(self) -> None:
        """Send, close, or go on with what came behind the last request."""
        if self._refusing and self.close_when_flushed and not self.will_close:
            self._flush_exception(self._flush_some)
            if self.connected and not self.will_close and not self.total_outbufs_len:
                self._linger()
        else:
            super().handle_write()
        if self.connected and self._has_next():
            self.received(b"")

    def _linger(self) -> None:
        """End our side and read on: closing with bytes unread would reset the connection and take the answer back."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()
            return
        self._lingering = True
        self._since, self._taken = time.monotonic(), 0

    def handle_close(self) -> None:
        """The connection is gone: forget what had been received."""
        super().handle_close()
        self._leftover = b""
        if self.request is not None:
            self.request.close()

    def handle_error(self) -> None:
        """Something unforeseen in the server's own thread ends this connection and no other."""
        discreet.failure()
        self.handle_close()

    def is_idle(self) -> bool:
        """Whether nothing is lost if the connection closes now."""
        return self._lingering or (
            self.request is None and not self.requests and not self.total_outbufs_len and not self._leftover
        )

    def is_overdue(self, now: float) -> bool:
        """Whether the client has used up its time; `now` as of `time.monotonic`."""
        bounds, waited, silent = self._bounds, now - self._since, now - self._heard
        if self._lingering:
            return bool(waited > bounds.linger_seconds)
        if self.requests:
            return False
        if self.total_outbufs_len or self._has_next():
            # The next request waits until the client has taken the last answer.
            return bool(silent > bounds.stall_seconds)
        if self.request is None:
            return bool(silent > bounds.idle_seconds)
        if not self.request.headers_finished:
            return bool(waited > bounds.headers_seconds)
        if self.request.is_draining() and waited > bounds.drain_seconds:
            return True
        crawls = waited > bounds.slow_body_seconds and self._taken < bounds.slowest_body * waited
        return bool(crawls or silent > bounds.stall_seconds)

    def give_up(self) -> None:
        """End an overdue connection; a client whose body was being dropped gets its page."""
        request = self.request
        if request is not None and request.is_draining():
            with self.requests_lock:
                request.end_draining()
                self._complete(request)
        else:
            self.handle_close()

    def progress(self, now: float) -> float:
        """How well the connection gets on, bytes a second; `now` as of `time.monotonic`."""
        if self._lingering:
            return 0.0
        if self.requests or self.total_outbufs_len:
            return math.inf
        began, taken = (self._heard, 0) if self.request is None else (self._since, self._taken)
        return (taken + _HEAD_START_BYTES) / (now - began + 1.0)
