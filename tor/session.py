"""The life of an onion service on one control connection: bootstrap, publish, and watch until the connection ends.

All that happens comes through one queue: tor's events, the end of the connection, the answer of a probe, and the wish
to stop. So one thread waits in one place, and a wish to stop is met at once.

The rules:

- Published means that a directory has accepted our descriptor since the service was last added.
- The service is taken out and added again when most of the last uploads were refused, when none was accepted in time,
  or when several probes since the last good one did not find it; each time after a longer pause. One refusal is not
  enough: a single hostile directory could otherwise keep the service moving. Nor is a probe that took too long: under a
  flood, adding the service again would only throw away the effort that proof of work has come to ask for.
- A tor that does not answer a heartbeat is given up, which raises `ControlLost`.
"""

import contextlib
import queue
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from . import onion
from .address import SUFFIX
from .control import Control, Event, key_values
from .errors import (
    BootstrapStuck,
    ClockError,
    ControlError,
    ControlLost,
    NotFound,
    PortalDown,
    ProbeError,
    PublishError,
    TorError,
    Unreachable,
)
from .limits import Limits
from .probe import Probe, socks_port
from .state import Step

UPLOADS_REMEMBERED = 16
"""One publication: eight directories for each of two descriptors (rend-spec-v3, "Where to publish")."""

DONE_PERCENT = 100
SKEW_WORTH_SAYING_S = 60

_WHILE_BOOTSTRAPPING = ("STATUS_CLIENT", "WARN", "ERR")
# No log lines from here on: nothing that tor says while visitors come is read.
_WHILE_PUBLISHED = ("HS_DESC", "STATUS_GENERAL")


class Stop(Exception):
    """The wish to stop; put into the queue, it is raised by `Session.run`."""


@dataclass(frozen=True)
class _Probed:
    number: int
    problem: ProbeError | None


class Change(Protocol):
    """Sets fields of the `OnionState`."""

    def __call__(self, **fields: Any) -> None: ...


class Session:
    """`run` ends only by an exception: `Stop`, or a `TorError` after which a new connection is needed."""

    def __init__(
        self,
        control: Control,
        service: onion.Service,
        tor_host: str,
        limits: Limits,
        events: "queue.SimpleQueue[Any]",
        change: Change,
    ) -> None:
        self._control, self._service, self._tor_host = control, service, tor_host
        self._limits, self._events, self._change = limits, events, change
        self._due: dict[Callable[[], None], float] = {}
        self._uploads: deque[bool] = deque(maxlen=UPLOADS_REMEMBERED)
        self._accepted = False
        self._pause_s = limits.republish_first_s
        self._probe: Probe | None = None
        self._probes = 0
        self._not_found = 0

    def run(self) -> None:
        try:
            self._bootstrap()
            self._control.listen(_WHILE_PUBLISHED, self._events.put)
            self._publish()
            self._watch()
        except Stop:
            # If this fails, the connection ends next, and the service with it.
            with contextlib.suppress(ControlError):
                onion.withdraw(self._control, self._service, self._limits.stop_s)
            raise
        finally:
            if self._probe:
                self._probe.cancel()

    def _bootstrap(self) -> None:
        self._control.listen(_WHILE_BOOTSTRAPPING, self._events.put)
        reached, warning, deadline = -1, "tor gives no reason", 0.0
        while True:
            phase = key_values(self._control.info("status/bootstrap-phase"))
            progress, summary = int(phase.get("PROGRESS", 0)), phase.get("SUMMARY", "")
            if progress > reached:
                reached, deadline = progress, time.monotonic() + self._limits.bootstrap_stuck_s
                self._change(step=Step.BOOTSTRAPPING, progress=progress, summary=summary, problem=None)
            if progress >= DONE_PERCENT:
                return
            event = self._next(deadline)
            if isinstance(event, Event):
                warning = event.values.get("WARNING", warning) if event.name == "STATUS_CLIENT" else event.text
            elif event is None:
                deadline = time.monotonic() + self._limits.bootstrap_stuck_s
                self._change(problem=_stuck(progress, summary, warning))

    def _publish(self) -> None:
        publication = onion.publish(self._control, self._service)
        self._uploads.clear()
        self._accepted = False
        self._due.clear()
        self._after(self._limits.heartbeat_s, self._heartbeat)
        self._after(self._limits.upload_s, self._miss_upload)
        self._change(step=Step.PUBLISHING, defences_off=publication.defences_off, reachable=None)

    def _watch(self) -> None:
        while True:
            event = self._next(min(self._due.values()))
            if isinstance(event, _Probed):
                self._on_probe(event)
            elif event is None:
                now = time.monotonic()
                for action in [action for action, due in self._due.items() if due <= now]:
                    # An earlier action may have put off the later ones.
                    if self._due.pop(action, None) is not None:
                        action()
            elif event.name == "HS_DESC":
                self._on_descriptor(event)
            elif "CLOCK_SKEW" in event.words:
                self._on_skew(event)

    def _next(self, deadline: float) -> Event | _Probed | None:
        """What happened next; None at the deadline. Raises `Stop` and `ControlLost`."""
        try:
            event: Event | _Probed | Stop | None = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None
        if isinstance(event, Stop):
            raise event
        if event is None:
            raise ControlLost("tor ended, or ended our connection: it is tried anew.")
        return event

    def _after(self, pause_s: float, action: Callable[[], None]) -> None:
        self._due[action] = time.monotonic() + pause_s

    def _on_descriptor(self, event: Event) -> None:
        action, address = (*event.words, "", "")[:2]
        if address + SUFFIX != self._service.key.address:
            return
        if action == "UPLOADED":
            self._uploads.append(True)
            if not self._accepted:
                self._accepted = True
                self._due.pop(self._miss_upload, None)
                self._due.pop(self._add_again, None)
                self._change(step=Step.PUBLISHED, problem=None)
                self._after(self._limits.probe_first_s, self._start_probe)
        elif action == "FAILED" and event.values.get("REASON") == "UPLOAD_REJECTED":
            self._uploads.append(False)
            if self._uploads.count(False) * 2 > len(self._uploads):
                self._add_again_later(
                    PublishError(
                        "The network's directories refuse our descriptor: set this machine's clock, and make sure that "
                        "no other tor publishes the same address; it is tried again."
                    )
                )

    def _on_skew(self, event: Event) -> None:
        skew = event.values.get("SKEW", "")
        if skew.lstrip("-").isdecimal() and abs(int(skew)) >= SKEW_WORTH_SAYING_S:
            self._change(problem=ClockError(f"This machine's clock is about {abs(int(skew))} seconds off: set it."))

    def _on_probe(self, probed: _Probed) -> None:
        if probed.number != self._probes:
            return
        problem = probed.problem
        if problem is None:
            self._not_found, self._pause_s = 0, self._limits.republish_first_s
            self._change(reachable=True, problem=None)
            self._after(self._limits.probe_every_s, self._start_probe)
            return
        self._change(reachable=False if isinstance(problem, PortalDown | Unreachable) else None, problem=problem)
        self._after(self._limits.probe_retry_s, self._start_probe)
        self._not_found += isinstance(problem, NotFound)
        if self._not_found >= self._limits.probes_failed:
            self._not_found = 0
            self._add_again_later(problem)

    def _start_probe(self) -> None:
        self._probes += 1
        number = self._probes
        try:
            proxy = socks_port(self._control, self._tor_host)
        except ProbeError as error:
            self._on_probe(_Probed(number, error))
            return
        self._probe = Probe(
            self._service, proxy, self._limits, lambda problem: self._events.put(_Probed(number, problem))
        )

    def _heartbeat(self) -> None:
        self._control.info("version")
        self._after(self._limits.heartbeat_s, self._heartbeat)

    def _miss_upload(self) -> None:
        self._add_again_later(
            PublishError("No directory of the network has taken our descriptor yet: check the line; it is tried again.")
        )

    def _add_again_later(self, problem: TorError) -> None:
        self._change(problem=problem)
        if self._add_again not in self._due:
            self._after(self._pause_s, self._add_again)
            self._pause_s = min(self._pause_s * 2, self._limits.republish_most_s)

    def _add_again(self) -> None:
        # The answer of a probe that is under way would be about the old introduction points.
        self._probes += 1
        onion.withdraw(self._control, self._service, self._limits.answer_s)
        self._publish()


def _stuck(progress: int, summary: str, warning: str) -> BootstrapStuck:
    return BootstrapStuck(
        f"tor makes no headway into its network (at {progress} %, {summary}; {warning.rstrip('.')}): check the line "
        "and the clock, and where Tor is blocked set bridges; tor goes on trying."
    )
