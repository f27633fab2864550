from datetime import UTC, datetime, timedelta
from random import Random

from portal.desk.demo.agenda import Agenda, Clock

FRIDAY = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)


def test_acts_come_in_the_order_of_their_hours_and_within_working_hours() -> None:
    clock = Clock(FRIDAY)
    agenda = Agenda(Random(1), clock)
    done: list[tuple[str, datetime]] = []
    for name, days in (("monday", 1.0), ("friday", 0.01), ("tuesday", 3.9), ("much later", 30.0)):
        agenda.plan(days, lambda name=name: done.append((name, clock())))
    agenda.run(FRIDAY + timedelta(days=7))
    assert [name for name, _ in done] == ["friday", "monday", "tuesday"]
    assert all(8 <= at.hour < 17 and at.weekday() < 5 for _, at in done)
    assert clock() == FRIDAY + timedelta(days=7)


def test_what_an_act_plans_is_done_as_well() -> None:
    clock = Clock(FRIDAY)
    agenda = Agenda(Random(1), clock)
    done: list[datetime] = []
    agenda.plan(0, lambda: agenda.plan(3, lambda: done.append(clock())))
    agenda.run(FRIDAY + timedelta(days=5))
    assert len(done) == 1


def test_a_clock_never_goes_back() -> None:
    clock = Clock(FRIDAY)
    clock.forward(FRIDAY - timedelta(days=1))
    assert clock() == FRIDAY
