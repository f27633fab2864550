"""When a case is due, and why."""

import dataclasses
from datetime import date, timedelta

import pytest

from portal.desk import cases, deadlines, filtering, looking, merging, preferences, withdrawing
from portal.desk.cases import Case
from portal.desk.deadlines import Limits
from portal.desk.filtering import Filter, Listed
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.receipt import ThreadKeys
from tests.desk.conftest import Import
from tests.desk.played import DAY, PlayedPortal, draft, reporter

CAME = date.fromisoformat(DAY)


@pytest.fixture
def keys() -> ThreadKeys:
    return reporter()


@pytest.fixture
def filled(desk: Desk, portal: PlayedPortal, importing: Import, keys: ThreadKeys) -> Desk:
    """A desk with an ordinary case, 2026-0001, that came in on DAY."""
    portal.file(draft("One."), keys)
    importing(portal.export())
    return desk


def on(desk: Desk, days: int) -> Desk:
    """The desk so many days after DAY."""
    then = desk.clock().replace(year=CAME.year, month=CAME.month, day=CAME.day) + timedelta(days=days)
    return dataclasses.replace(desk, clock=lambda: then)


def first(desk: Desk) -> Case:
    return cases.find(desk.casebook, "2026-0001")


def listed(desk: Desk) -> Listed:
    return next(one for one in filtering.find(desk, Filter()) if one.case.name == "2026-0001")


def whys(desk: Desk) -> list[tuple[str, int, int]]:
    """Each deadline: which, and the days after DAY from which it counts and by which it is due."""
    return [(due.why, (due.since - CAME).days, (due.by - CAME).days) for due in listed(desk).due]


def test_a_new_report(filled: Desk) -> None:
    assert whys(filled) == [("look", 0, 2), ("answer", 0, 7)]
    assert listed(filled).due[0].words == "nobody has looked at it"


BUCKETS = {-1: "week", 0: "week", 1: "week", 2: "today", 3: "overdue", 400: "overdue", -6: "later", -5: "week"}


@pytest.mark.parametrize(("days", "bucket"), BUCKETS.items())
def test_where_a_list_shows_it(filled: Desk, days: int, bucket: deadlines.Bucket) -> None:
    now = on(filled, days)
    assert deadlines.bucket(listed(now).by, now.today) == bucket
    for each in deadlines.BUCKETS:
        assert len(filtering.find(now, Filter(due=each))) == (each == bucket)
    assert filtering.tally(now).due == {each: int(each == bucket) for each in deadlines.BUCKETS}


def test_an_urgent_report_is_due_on_its_day(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("Now.", channel="travel"))
    importing(portal.export())
    assert whys(desk) == [("look", 0, 0), ("answer", 0, 7)]


def test_looked_at_answered_asked_and_written_again(
    filled: Desk, portal: PlayedPortal, importing: Import, keys: ThreadKeys
) -> None:
    case = first(filled)
    looking.look(on(filled, 1), case)
    assert whys(filled) == [("answer", 0, 7)]
    reply(filled, case, "under-review", "", ["police"], CAME + timedelta(days=2))
    assert whys(filled) == []
    assert deadlines.bucket(listed(filled).by, CAME) == "none"
    reply(filled, case, "question", "Where?", ["police"], CAME + timedelta(days=3))
    assert whys(filled) == [("question", 3, 17)]
    portal.file(draft("There.", kind="message"), keys, received="2026-11-30")
    importing(portal.export())
    assert whys(filled) == [("follow-up", 5, 7)]


def test_an_answer_that_is_withdrawn_is_due_again(filled: Desk) -> None:
    looking.look(filled, first(filled))
    reply(filled, first(filled), "closed", "", ["police"], CAME)
    assert whys(filled) == []
    withdrawing.withdraw(filled, first(filled))
    assert whys(filled) == [("answer", 0, 7)]


def test_who_cannot_be_answered_is_not_waited_for(filled: Desk) -> None:
    """A call by telephone has no mailbox."""
    filled.casebook.run("INSERT INTO sources (case_id, source) VALUES (1, 'phone')")
    assert whys(filled) == [("look", 0, 2)]


def test_what_was_handed_over_is_answered_there(filled: Desk) -> None:
    filled.casebook.run("INSERT INTO transfers VALUES (x'00', 1, 'stopline', ?, x'00', 1, 0, 0)", DAY)
    assert whys(filled) == [("look", 0, 2)]


def test_a_merged_case_is_due_with_its_main_one(filled: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("The same."), received="2026-11-20")
    importing(portal.export())
    main, other = first(filled), cases.find(filled.casebook, "2026-0002")
    merging.merge(filled, other, main)
    looking.look(filled, main)
    assert whys(filled) == [("follow-up", -5, -3), ("answer", 0, 7)]
    assert listed(filled).unseen_in == "2026-0002"
    assert sum(filtering.tally(filled).due.values()) == 1
    (merged,) = [one for one in filtering.find(filled, Filter(merged=True)) if one.case.merged_into]
    assert (merged.due, merged.unseen) == ((), "2026-11-20")


def test_a_desk_has_deadlines_of_its_own(filled: Desk) -> None:
    assert deadlines.limits(filled.casebook) == Limits(0, 2, 7, 14)
    preferences.put(filled, "deadline-look", 10)
    preferences.put(filled, "deadline-answer", None)
    assert whys(filled) == [("look", 0, 10)]
    preferences.put(filled, "deadline-look", None)
    assert whys(filled) == []


@pytest.mark.parametrize("value", [-1, 3651, 1.5, "2", True])
def test_what_is_no_number_of_days(filled: Desk, value: object) -> None:
    with pytest.raises(DeskError, match="no value for the setting"):
        preferences.put(filled, "deadline-look", value)


def test_a_portal_whose_clock_is_far_off(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    """The last day that a report can name has no day after it."""
    portal.file(draft("One."), received="9999-12-31")
    importing(portal.export())
    (one,) = filtering.find(desk, Filter())
    assert one.due == ()
