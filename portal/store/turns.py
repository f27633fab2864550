"""Who may use a SQLite file, among the threads of this process: any number of readers, or one writer.

SQLite by itself makes whoever finds the file locked try again and again, by luck and with longer and longer pauses:
beside many writers a reader would wait for a second. Here nobody waits for more than their turn: a writer lets in the
readers who have waited for it, all of them, and those who come while a writer waits stay behind it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from portal.store.failures import from_code


class Turns:
    """A lock for readers and writers. Not to be taken twice by one thread: the second time may wait for the first."""

    def __init__(self) -> None:
        self._writer = threading.Lock()
        self._changed = threading.Condition()
        self._reading = 0
        self._wanted = False
        self._round = 0
        self._waiting = 0

    @contextmanager
    def read(self, seconds: float) -> Iterator[None]:
        """Waits for the writer who writes or waits now. Raises StoreUnavailable after that many seconds."""
        with self._changed:
            if not self._wanted:
                self._reading += 1
            else:
                self._wait_for_writer(seconds)
        try:
            yield
        finally:
            with self._changed:
                self._reading -= 1
                self._changed.notify_all()

    @contextmanager
    def write(self, seconds: float) -> Iterator[None]:
        """Waits for other writers, then for readers. Raises StoreUnavailable after that many seconds of either."""
        if not self._writer.acquire(timeout=seconds):
            raise from_code("SQLITE_BUSY")
        try:
            with self._changed:
                self._wanted = True
                try:
                    if not self._changed.wait_for(lambda: self._reading == 0, seconds):
                        raise from_code("SQLITE_BUSY")
                except BaseException:
                    self._let_in()
                    raise
            try:
                yield
            finally:
                with self._changed:
                    self._let_in()
        finally:
            self._writer.release()

    def _wait_for_writer(self, seconds: float) -> None:
        mine = self._round
        self._waiting += 1
        if not self._changed.wait_for(lambda: self._round != mine, seconds):
            self._waiting -= 1
            raise from_code("SQLITE_BUSY")

    def _let_in(self) -> None:
        # Counted here, not when they wake up: the next writer may be faster.
        self._reading += self._waiting
        self._waiting = 0
        self._wanted = False
        self._round += 1
        self._changed.notify_all()
