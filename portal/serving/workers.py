"""The threads that run the application, in four groups, so that what is slow never keeps what is quick waiting.

Requests without a body, with a small one, and with a larger one have threads of their own: a form page is shown
while reports wait for key stretching, and a text report is taken while files are sealed. So have those that give way to
all others, whatever their body, and only a few of them may wait: however many come, they take neither the threads nor
the connections that the others need.
"""

import threading
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any

from portal.serving import discreet
from portal.serving.bounds import Bounds
from portal.serving.parser import Parser, Refusal

GivesWay = Callable[[str, str], bool]
"""Whether a request gives way to all others, by its method and path. Called in the server's loop; raises nothing."""


class Kind(Enum):
    PAGE = auto()
    TEXT = auto()
    FILES = auto()
    PATIENT = auto()


class Workers:
    """What waitress calls a task dispatcher. Channels are the tasks: `service()` runs their next request."""

    def __init__(self, bounds: Bounds, gives_way: GivesWay) -> None:
        self._small = bounds.small_body_bytes
        self._gives_way = gives_way
        self._patient_waiting = bounds.patient_waiting
        self._counts = {
            Kind.PAGE: bounds.page_threads,
            Kind.TEXT: bounds.text_threads,
            Kind.FILES: bounds.file_threads,
            Kind.PATIENT: bounds.patient_threads,
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
        """Run the next request of `channel` as soon as a thread of its kind is free; one too many is refused."""
        with self._lock:
            self._unfinished += 1
        request = channel.requests[0]
        kind = self._kind(request)
        if kind is Kind.PATIENT and self._queues[kind].qsize() >= self._patient_waiting:
            request.error = Refusal(HTTPStatus.SERVICE_UNAVAILABLE)
            kind = Kind.PAGE
        self._queues[kind].put(channel)

    def _kind(self, request: Parser) -> Kind:
        if request.error is None and self._gives_way(request.command, request.path):
            return Kind.PATIENT
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
