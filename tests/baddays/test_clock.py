"""The clock jumps by years, forward or back, while pages are open and answers lie."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.exchange import month_after
from portal.housekeeping import Calendar
from tests.intake_world import reply
from tests.web.browser import Browser
from tests.web.test_report import NEEDED, canary, empty
from tests.web.threads import Thread
from tests.web.world import WebWorld

YEARS = timedelta(days=3_653)
JUMPS = pytest.mark.parametrize("jump", [YEARS, -YEARS, -56 * timedelta(days=365)], ids=["forward", "back", "to 1970"])


@JUMPS
def test_a_form_that_was_open_comes_back_whole_and_is_taken_then(other_world: WebWorld, jump: timedelta) -> None:
    browser, text = Browser(other_world.app), canary()
    form = empty(browser, "travel")
    other_world.clock.now += jump
    page = browser.submit(form, {"narrative": text, **NEEDED["travel"]})
    assert page.status == 403
    assert page.alerts.startswith("The page was open for too long")
    assert page.form("report/travel").values["narrative"] == text
    sent = browser.submit(page.form("report/travel"))
    assert sent.status == 200
    words = sent.text("receipt")
    assert browser.submit(page.form("report/travel")).text("receipt") == words
    assert len(other_world.found(text)) == 1


@JUMPS
def test_a_mailbox_that_was_open_closes_and_its_message_stays(other_world: WebWorld, jump: timedelta) -> None:
    thread, text = Thread(other_world, Browser(other_world.app)), canary()
    thread.answer({})
    form = thread.open().form("message")
    other_world.clock.now += jump
    page = thread.browser.submit(form, {"message": text})
    assert page.status == 403
    assert page.form("mailbox").values["message"] == text
    opened = thread.browser.submit(page.form("mailbox"), {"receipt": thread.words})
    assert len(list(opened.find("article"))) == 1
    assert thread.browser.submit(opened.form("message")).successes


def test_a_jump_and_back_shows_the_receipt_again(other_world: WebWorld) -> None:
    browser, text = Browser(other_world.app), canary()
    form = empty(browser, "other")
    values = {"narrative": text, **NEEDED["other"]}
    words = browser.submit(form, values).text("receipt")
    other_world.clock.now += YEARS
    assert browser.submit(form, values).status == 403
    other_world.clock.now -= YEARS
    assert browser.submit(form, values).text("receipt") == words
    assert len(other_world.found(text)) == 1


def test_an_answer_that_came_while_the_clock_was_behind_does_not_expire_early(other_world: WebWorld) -> None:
    thread = Thread(other_world, Browser(other_world.app))
    thread.answer({})
    right = other_world.clock.now
    other_world.clock.now = datetime(1970, 1, 1, tzinfo=UTC)
    report = thread.report
    other_world.pack("police", 2, [(reply(2, channel="self", text="While it was 1970."), report)])
    other_world.clock.now = right
    other_world.store.tend(month_after(right.date(), 0))
    assert "While it was 1970." in thread.open().html
    other_world.store.tend(month_after(right.date(), 13))
    assert not list(thread.open().find("article"))


class Clocks:
    """The machine's clock, and what has really passed."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 25, 10, tzinfo=UTC)
        self.passed = 1_000.0
        self.calendar = Calendar(lambda: self.wall, lambda: self.passed)

    def go_on(self, **amount: float) -> None:
        self.wall += timedelta(**amount)
        self.passed += timedelta(**amount).total_seconds()


def test_answers_do_not_expire_because_the_clock_jumps(other_world: WebWorld, caplog: pytest.LogCaptureFixture) -> None:
    thread, clocks = Thread(other_world, Browser(other_world.app)), Clocks()
    thread.answer({})
    clocks.wall += YEARS
    other_world.store.tend(month_after(clocks.calendar.today(), 0))
    assert list(thread.open().find("article"))
    assert "The clock has leapt by 3653 days since the portal began: no answer is deleted for that." in caplog.text
    clocks.wall -= YEARS
    clocks.go_on(days=400)
    other_world.store.tend(month_after(clocks.calendar.today(), 0))
    assert not list(thread.open().find("article"))


@pytest.mark.parametrize(
    ("began_ahead", "corrected"), [(YEARS, -YEARS), (timedelta(), -YEARS), (timedelta(), timedelta(hours=-3))]
)
def test_of_two_clocks_the_earlier_counts(began_ahead: timedelta, corrected: timedelta) -> None:
    clocks = Clocks()
    clocks.wall += began_ahead
    clocks.calendar = Calendar(lambda: clocks.wall, lambda: clocks.passed)
    clocks.wall += corrected
    clocks.go_on(days=3)
    assert clocks.calendar.today() == clocks.wall.date()


def test_a_clock_that_is_set_by_minutes_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    clocks = Clocks()
    clocks.go_on(days=200)
    day = clocks.wall.date()
    clocks.wall += timedelta(minutes=10)
    assert clocks.calendar.today() == day
    assert caplog.text == ""
