"""The threads that run the application, in three groups, so that what is slow never keeps what is quick waiting.

Requests without a body, with a small one, and with a larger one have threads of their own: a form page is shown
while reports wait for key stretching, and a text report is taken while files are sealed.
"""

import threading
from enum import Enum, auto
from queue import SimpleQueue
from typing import Any

from portal.serving import discreet
from portal.serving.bounds import Bounds
from portal.serving.parser import Parser


class Kind(Enum):
    PAGE = auto()
    TEXT = auto()
    FILES = auto()


class Workers:
    """What waitress calls a task dispatcher. Channels are the tasks: `service()` runs their next request."""

    def __init__(self, bounds: Bounds) -> None:
        self._small = bounds.small_body_bytes
        self._counts = {
            Kind.PAGE: bounds.page_threads,
            Kind.TEXT: bounds.text_threads,
            Kind.FILES: bounds.file_threads,
        }
        self._queues: dict[Kind, SimpleQueue[Any]] = {kind: SimpleQueue() for kind in Kind}
        self._lock = threading.Lock()
        self._unfinished = 0

    def start(self) -> None:
        """Start the threads. They do not keep the process from ending."""
        for kind, count in self._counts.items():
            for number in range(count):
                name = f"{kind.name.lower()}-{number}"
                threading.Thread(target=self._work, args=(self._queues[kind],), name=name, daemon=True).start()

    def add_task(self, channel: Any) -> None:
        """Run the next request of `channel` as soon as a thread of its kind is free."""
        with self._lock:
            self._unfinished += 1
        self._queues[self._kind(channel.requests[0])].put(channel)

    def _kind(self, request: Parser) -> Kind:
        if request.body_bytes == 0:
            return Kind.PAGE
        return Kind.TEXT if request.body_bytes <= self._small else Kind.FILES

    def is_idle(self) -> bool:
        """Whether no request runs or waits."""
        with self._lock:
            return self._unfinished == 0

    def stop(self) -> None:
        """Let each thread end after the request it is at."""
        for kind, count in self._counts.items():
            for _ in range(count):
                self._queues[kind].put(None)

    def _work(self, queue: "SimpleQueue[Any]") -> None:
        while (channel := queue.get()) is not None:
            try:
                channel.service()
            except Exception:  # noqa: BLE001  (a thread must outlive whatever one request does)
                discreet.failure()
                channel.will_close = True
            finally:
                with self._lock:
                    self._unfinished -= 1
