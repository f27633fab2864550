"""`session.secret` is replaced while people are at it: what they had open goes on in a portal that starts again."""

from datetime import date
from typing import Any

import pytest

from portal import state
from portal.tickets import Seals
from portal.web.app import create_app
from tests.web.browser import Browser
from tests.web.test_given_back import PICTURE, check_kept
from tests.web.test_report import NEEDED, canary, empty
from tests.web.world import WebWorld


def start_again(world: WebWorld, browser: Browser) -> None:
    """The next process, which reads the secrets anew; the browser has never heard of it."""
    day = world.clock().date()
    secrets = state.session_secrets(world.folder, day)
    world.state = state.State(world.state.receipt_secret, secrets, world.state.signing_key)
    world.seals = Seals(world.state.receipt_secret, secrets, world.clock)
    world.intake = world.another_process()
    world.app = create_app(world.site())
    visitor = browser.twin()
    browser.app, browser._client = world.app, visitor._client
    browser._client.application = world.app


def renew(world: WebWorld, browser: Browser) -> date:
    last = state.renew_session(world.folder, world.clock().date())
    start_again(world, browser)
    return last


@pytest.fixture
def browser(other_world: WebWorld) -> Browser:
    return Browser(other_world.app)


def sent(key: str = "travel") -> dict[str, Any]:
    return {"narrative": canary(), **NEEDED[key]}


def test_a_form_that_was_open(other_world: WebWorld, browser: Browser) -> None:
    form, values = empty(browser, "travel"), sent()
    renew(other_world, browser)
    page = browser.submit(form, values, [PICTURE])
    words = page.text("receipt")
    assert other_world.found(values["narrative"])[0].files == [PICTURE[1]]
    # And once more, since the answer was lost on the way.
    assert browser.submit(form, values, [PICTURE]).text("receipt") == words
    assert len(other_world.found(values["narrative"])) == 1


def test_a_report_that_was_sent_before_and_is_sent_again(other_world: WebWorld, browser: Browser) -> None:
    form, values = empty(browser, "travel"), sent()
    words = browser.submit(form, values).text("receipt")
    renew(other_world, browser)
    assert browser.submit(form, values).text("receipt") == words
    assert len(other_world.found(values["narrative"])) == 1


def test_a_page_of_words_that_was_open(other_world: WebWorld, browser: Browser) -> None:
    """Its proof of filing was made under the old secret."""
    page = browser.submit(empty(browser, "travel"), sent())
    words = page.text("receipt").split()
    renew(other_world, browser)
    form = page.form("/report/travel", "filed")
    again = browser.submit(form, {name: "wrong" for name in form.values if name.startswith("word")})
    assert again.text("receipt").split() == words


def test_a_mailbox_that_was_open(other_world: WebWorld, browser: Browser) -> None:
    words = browser.submit(empty(browser, "travel"), sent()).text("receipt")
    mailbox = browser.submit(browser.get("/en/mailbox").form("/mailbox"), {"receipt": words})
    renew(other_world, browser)
    text = canary()
    page = browser.submit(mailbox.form("/mailbox/message"), {"message": text, "about": "travel"})
    assert "Your message has been sent." in page.successes
    assert len(other_world.found(text)) == 1


def test_on_the_last_day_and_after_it(other_world: WebWorld, browser: Browser) -> None:
    """A portal that was started again as late as it may be; a form of that day has its two days."""
    last = state.renew_session(other_world.folder, other_world.clock().date())
    other_world.clock.forward(days=7)
    form, values = empty(browser, "travel"), sent()
    start_again(other_world, browser)
    other_world.clock.forward(days=1)
    assert browser.submit(form, values).by_id("receipt")
    other_world.clock.forward(days=1)
    assert other_world.clock().date() == last
    start_again(other_world, browser)
    assert browser.submit(form, values).by_id("receipt")


def test_without_an_overlap_a_form_would_come_back(other_world: WebWorld, browser: Browser) -> None:
    """What the overlap is for: this is what the tests above would see if it were not there."""
    form, values = empty(browser, "travel"), sent()
    (other_world.folder / state.SESSION_SECRET).write_text("ab" * 32 + "\n")
    start_again(other_world, browser)
    page = browser.submit(form, values)
    assert page.status == 403
    check_kept(page, "travel", values)
    assert other_world.found(values["narrative"]) == []
