"""A reporter with a report, who opens the mailbox of its thread."""

import itertools
import re
from typing import Any

from portal.report import Report
from tests.intake_world import reply
from tests.web.browser import Browser, Form, Page
from tests.web.test_report import canary, file
from tests.web.world import WebWorld

_numbers = itertools.count(1)
NOTHING = "There is nothing here, or nothing yet."


class Thread:
    """A reporter with a report, and the desk that answers it."""

    def __init__(self, world: WebWorld, browser: Browser) -> None:
        self._world = world
        self.browser = browser
        text = canary()
        self.words = file(browser, "self", text).text("receipt")
        (found,) = world.found(text)
        self.report: Report = found.report

    def answer(self, *answers: dict[str, Any]) -> None:
        """The police answer with a pack."""
        replies = [(reply(next(_numbers), **{"channel": "self", **answer}), self.report) for answer in answers]
        self._world.pack("police", self._world.store.confirmed_pack("police") + 1, replies)

    def open(self, language: str = "en") -> Page:
        """The mailbox, opened with the words."""
        return self.browser.submit(words_form(self.browser, language), {"receipt": self.words})


def words_form(browser: Browser, language: str = "en") -> Form:
    return browser.get(f"/{language}/mailbox").form("mailbox")


def look_again(browser: Browser, page: Page, **typed: str) -> Page:
    """Press the button "Look again"."""
    (button,) = (button for button in page.find("button") if "formaction" in button.attributes)
    form = page.form("message")
    assert button.attributes["form"] == form.element.attributes["id"]
    return browser.post(button.attributes["formaction"], {**form.values, **typed})


def steady(page: Page) -> str:
    """The page but for what is sealed anew each time."""
    return re.sub(r'(?<=value=")([\w-]{30,}|0+)(?=")', "", page.content)


def failing(error: Exception) -> Any:
    """A function of any arguments that raises `error`."""

    def fail(*_: object) -> None:
        raise error

    return fail
