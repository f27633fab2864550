"""Tends the store once a day while the portal serves: expired replies go, and so does the order of arrival."""

import logging
import threading
from datetime import UTC, date, datetime, timedelta
from types import TracebackType

from portal.errors import PortevoixError
from portal.exchange import month_after
from portal.store import Store

_log = logging.getLogger(__name__)


class Housekeeper:
    """A thread that tends `store` at the beginning of each day (UTC) while the `with` block runs."""

    def __init__(self, store: Store) -> None:
        self._store = store
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
            self.tend(datetime.now(UTC).date())

    def tend(self, today: date) -> None:
        """Tend the store now; a failure is told, and tomorrow is another day."""
        try:
            self._store.tend(month_after(today, 0))
        except PortevoixError as error:
            _log.warning("The nightly tending failed: %s", error)


def _seconds_to_next_day(now: datetime) -> float:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return (tomorrow - now).total_seconds()
