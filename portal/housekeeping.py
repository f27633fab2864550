"""Tends the store once a day while the portal serves: expired replies go, and so does the order of arrival.

Rule kept here: a clock that leaps takes no reply away. What has expired is judged by the earlier of two clocks: the
machine's, and what has really passed since the portal began.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import TracebackType

from portal.errors import PortevoixError
from portal.exchange import month_after
from portal.store import Store

LEAP = timedelta(days=1)
"""The two clocks may differ by so much before the operator is told."""
_log = logging.getLogger(__name__)


def _wall() -> datetime:
    return datetime.now(UTC)


def _passed() -> float:
    """Seconds by a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Calendar:
    """What day it is, for what cannot be undone; it begins with the machine's clock."""

    def __init__(self, wall: Callable[[], datetime] = _wall, passed: Callable[[], float] = _passed) -> None:
        self._wall = wall
        self._passed = passed
        self._began = wall(), passed()

    def today(self) -> date:
        """The earlier day of the two clocks, UTC; where they are far apart, the operator is told."""
        wall, steady = self._wall(), self._began[0] + timedelta(seconds=self._passed() - self._began[1])
        if abs(wall - steady) > LEAP:
            _log.warning(
                "The clock has leapt by %d days since the portal began: no answer is deleted for that. Set the clock; "
                "if it is right now, start the portal again.",
                abs(wall - steady).days,
            )
        return min(wall, steady).date()


class Housekeeper:
    """A thread that tends `store` at the beginning of each day (UTC) while the `with` block runs."""

    def __init__(self, store: Store, calendar: Calendar | None = None) -> None:
        self._store = store
        self._calendar = calendar or Calendar()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)

    def __enter__(self) -> "Housekeeper":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A rewrite that is under way is given up with the process; all rows are there in either order.
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(_seconds_to_next_day(datetime.now(UTC))):
            self.tend(self._calendar.today())

    def tend(self, today: date) -> None:
        """Tend the store now; a failure is told, and tomorrow is another day."""
        try:
            self._store.tend(month_after(today, 0))
        except PortevoixError as error:
            _log.warning("The nightly tending failed: %s", error)


def _seconds_to_next_day(now: datetime) -> float:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return (tomorrow - now).total_seconds()
