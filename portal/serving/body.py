"""One body on its way in, and all of them together."""

import errno
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from portal.serving.bounds import Bounds
from portal.spool import Piece, Span, Spool


class Keeper(Protocol):
    """What a body goes into. The application finds it as `wsgi.input`."""

    @property
    def size(self) -> int:
        """Bytes written so far."""

    def write(self, data: Piece) -> object:
        """Keep more. Raises OSError if the disk is full."""

    def close(self) -> None:
        """Forget everything. More than once does no harm."""


Keep = Callable[[str], Keeper | None]
"""Makes, from the Content-Type of a body, what it goes into; None for a spool. Raises nothing."""


class Budget:
    """Bytes that may lie here at one moment, over all connections. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Bytes taken now."""
        return self._taken

    def take(self, count: int) -> bool:
        """Take `count` bytes, or nothing if that is too much."""
        with self._lock:
            if self._taken + count > self._limit:
                return False
            self._taken += count
            return True

    def give_back(self, count: int) -> None:
        """The opposite of `take`."""
        with self._lock:
            self._taken -= count


class Body:
    """What was received of one body: the buffer behind waitress' receivers.

    What is too much is counted, dropped, and no longer kept: `refused` then says with which status to answer. Bytes
    are charged to the budget as they come, not as they are announced; a small body is never charged.
    """

    def __init__(self, bounds: Bounds, budget: Budget, keeper: Keeper | None = None) -> None:
        self._bounds = bounds
        self._budget = budget
        self._charged = 0
        self._keeper = keeper or Spool(bounds.spool)
        self.received = 0
        """Bytes that came, dropped ones among them."""
        self.refused: HTTPStatus | None = None

    def append(self, data: Piece) -> None:
        """Keep `data`, or drop it."""
        self.received += len(data)
        if self.refused is not None:
            return
        if self.received > self._bounds.submission_bytes:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif not self._charge():
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            try:
                self._keeper.write(data)
            except OSError as error:
                full = error.errno in (errno.ENOSPC, errno.EDQUOT)
                self.refuse(HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE)

    def _charge(self) -> bool:
        due = self.received if self.received > self._bounds.small_body_bytes else 0
        if not self._budget.take(due - self._charged):
            return False
        self._charged = due
        return True

    def refuse(self, status: HTTPStatus) -> None:
        """Drop what was kept and all that comes."""
        self.refused = status
        self.close()

    def getfile(self) -> Span | Keeper:
        """What the application gets as `wsgi.input`: a file to read, where the body went into a spool."""
        return self._keeper.span() if isinstance(self._keeper, Spool) else self._keeper

    def close(self) -> None:
        """Forget the body. More than once does no harm."""
        self._keeper.close()
        self._budget.give_back(self._charged)
        self._charged = 0

    def __len__(self) -> int:
        return self._keeper.size
