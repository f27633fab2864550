"""How many may stretch a key at once, and who goes first.

Rules kept here: at most `count` hold a permit; filings go before mailbox visits, each kind in the order of arrival;
mailbox visits never hold every permit where there is more than one, and where there is one, a filing that waits
goes first.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from portal.errors import Busy


class Permits:
    """A bounded number of permits with two queues. One instance a process."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._held = {True: 0, False: 0}
        self._change = threading.Condition()
        self._filings: deque[object] = deque()
        self._visits: deque[object] = deque()

    @contextmanager
    def filing(self, wait: float | None) -> Iterator[None]:
        """A permit for a filing. Raises Busy after `wait` seconds; None waits on."""
        with self._permit(self._filings, wait):
            yield

    @contextmanager
    def visit(self, wait: float | None) -> Iterator[None]:
        """A permit for a mailbox visit. Raises Busy after `wait` seconds."""
        with self._permit(self._visits, wait):
            yield

    @contextmanager
    def _permit(self, queue: deque[object], wait: float | None) -> Iterator[None]:
        place = object()
        deadline = None if wait is None else time.monotonic() + wait
        with self._change:
            queue.append(place)
            try:
                while not self._may_go(queue, place):
                    left = None if deadline is None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        raise Busy("The portal is busy: nothing was lost, send it again in a minute.")
                    self._change.wait(left)
                self._held[queue is self._filings] += 1
            finally:
                queue.remove(place)
                self._change.notify_all()
        try:
            yield
        finally:
            with self._change:
                self._held[queue is self._filings] -= 1
                self._change.notify_all()

    def _may_go(self, queue: deque[object], place: object) -> bool:
        if sum(self._held.values()) == self._count or queue[0] is not place:
            return False
        if queue is self._filings:
            return True
        return not self._filings and self._held[False] < max(1, self._count - 1)
