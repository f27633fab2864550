"""Bytes out and answers in, on one connection, within a bound."""

import contextlib
import select
import socket
import time
from dataclasses import dataclass

_CHUNK = 65_536


@dataclass(frozen=True)
class Answer:
    """One answer as it came; an interim one (100) has no body."""

    head: bytes
    """Status line and headers, with the empty line."""
    body: bytes
    announced: int
    """Content-Length; the body of an answer to HEAD is empty all the same."""

    @property
    def status(self) -> int:
        """The status, 0 if there is none."""
        code = self.head[9:12]
        return int(code) if code.isdigit() else 0

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names in lower case, in their order."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]


@dataclass(frozen=True)
class Exchange:
    """All that came back on a connection."""

    answers: list[Answer]
    rest: bytes
    """What came behind the last whole answer."""
    closed: bool
    """Whether the server ended the connection before the bound."""
    seconds: float

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses of the answers in their order."""
        return tuple(answer.status for answer in self.answers)


def exchange(
    connection: socket.socket, raw: bytes, bound: float, *, ends: bool = True, headless: bool = False, pause: float = 0
) -> Exchange:
    """Send `raw` and read until the server ends the connection, at most `bound` seconds; closes `connection`.

    With `ends` our side is ended after the last byte, as a client does that waits for nothing but its answers.
    `headless` says that no answer has a body (HEAD). With `pause` one byte is sent, and then nothing for so long.
    """
    connection.setblocking(False)
    begin = time.monotonic()
    pending, wire, next_send, closed = memoryview(raw), bytearray(), begin, False
    with connection:
        if not raw and ends:
            connection.shutdown(socket.SHUT_WR)
        while not closed and (now := time.monotonic()) < begin + bound:
            sends = [connection] if pending and now >= next_send else []
            wait = begin + bound - now if sends or not pending else max(next_send - now, 0)
            readable, writable, _ = select.select([connection], sends, [], min(wait, begin + bound - now))
            if readable:
                closed = not _receive(connection, wire)
            if writable:
                pending = _send(connection, pending, 1 if pause else _CHUNK)
                next_send = now + pause
                if not pending and ends:
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_WR)
    answers, rest = split(bytes(wire), headless=headless)
    return Exchange(answers, rest, closed, time.monotonic() - begin)


def _receive(connection: socket.socket, wire: bytearray) -> bool:
    try:
        data = connection.recv(_CHUNK)
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    wire += data
    return bool(data)


def _send(connection: socket.socket, pending: memoryview, most: int) -> memoryview:
    """What is left to send; nothing if the server takes no more."""
    try:
        return pending[connection.send(pending[:most]) :]
    except BlockingIOError:
        return pending
    except ConnectionError:
        return pending[:0]


def split(wire: bytes, *, headless: bool = False) -> tuple[list[Answer], bytes]:
    """The answers in `wire`, and what is left behind the last whole one."""
    answers: list[Answer] = []
    while (end := wire.find(b"\r\n\r\n") + 4) > 3:
        head = wire[:end]
        announced = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        size = 0 if headless else announced
        if len(wire) < end + size:
            break
        answers.append(Answer(head, wire[end : end + size], announced))
        wire = wire[end + size :]
    return answers, wire
