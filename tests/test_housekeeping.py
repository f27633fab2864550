from datetime import UTC, date, datetime

import pytest

from portal import housekeeping
from portal.errors import StoreFull
from portal.housekeeping import Housekeeper


class Fake:
    """A store that notes when it is tended."""

    def __init__(self) -> None:
        self.months: list[str] = []
        self.broken = False

    def tend(self, month: str) -> None:
        if self.broken:
            raise StoreFull("There is no room.")
        self.months.append(month)


def test_it_tends_with_the_month_of_the_day() -> None:
    store = Fake()
    Housekeeper(store).tend(date(2026, 12, 1))  # type: ignore[arg-type]
    assert store.months == ["2026-12"]


def test_a_failure_is_told_and_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    store = Fake()
    store.broken = True
    Housekeeper(store).tend(date(2026, 12, 1))  # type: ignore[arg-type]
    assert "The nightly tending failed: There is no room." in caplog.text


def test_it_works_at_the_beginning_of_each_day_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Fake()
    waits = iter([0.0, 0.0])
    monkeypatch.setattr(housekeeping, "_seconds_to_next_day", lambda now: next(waits, 3600.0))
    keeper = Housekeeper(store)  # type: ignore[arg-type]
    with keeper:
        while len(store.months) < 2:
            keeper._thread.join(0.001)
    keeper._thread.join(5)
    assert not keeper._thread.is_alive()


@pytest.mark.parametrize(
    ("now", "seconds"),
    [(datetime(2026, 11, 25, 23, 59, 30, tzinfo=UTC), 30), (datetime(2026, 11, 25, tzinfo=UTC), 86_400)],
)
def test_seconds_to_the_next_day(now: datetime, seconds: float) -> None:
    assert housekeeping._seconds_to_next_day(now) == seconds
