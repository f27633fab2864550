"""What the eight words open."""

import contextlib
import itertools
import re
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.exceptions import NotFound

from portal import limits
from portal.errors import StoreFull, StoreUnavailable
from portal.receipt import encode
from portal.report import STATUSES, Report
from portal.settings import LANGUAGES
from portal.web import mailbox
from tests.intake_world import reply
from tests.web.browser import Browser, Form, Page
from tests.web.test_report import canary, file
from tests.web.world import ONION, WebWorld

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


@pytest.fixture
def thread(world: WebWorld, browser: Browser) -> Thread:
    return Thread(world, browser)


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


class TestOpening:
    def test_nothing_yet(self, thread: Thread) -> None:
        page = thread.open()
        assert page.status == 200
        assert NOTHING in page.html
        assert not list(page.find("article"))
        assert thread.words not in page.html

    def test_unknown_expired_and_empty_threads_look_the_same(
        self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unknown = thread.browser.submit(words_form(thread.browser), {"receipt": " ".join(encode(bytes(10), "english"))})
        empty = thread.open()
        thread.answer({})
        assert NOTHING not in thread.open().html
        world.store.tend("9999-12")
        expired = thread.open()
        # A pack came in between, so the day of the last collection is the same for all of them only afterwards.
        later = thread.browser.submit(words_form(thread.browser), {"receipt": " ".join(encode(bytes(10), "english"))})
        assert steady(expired) == steady(later)
        assert len(steady(unknown)) == len(steady(empty))
        assert NOTHING in unknown.html
        for page in (unknown, empty, expired, later):
            assert page.wire_bytes == 65_536
            assert len(page.form("message").values["capsule"]) == len(unknown.form("message").values["capsule"])

    @pytest.mark.parametrize("status", STATUSES)
    def test_an_answer(self, thread: Thread, status: str) -> None:
        thread.answer({"status": status, "text": "One <b>line</b>\n\n& another."})
        page = thread.open()
        (article,) = page.find("article")
        assert article.attributes == {"class": "reply", "data-status": status}
        (text,) = page.find("div", class_="t")
        assert text.text == "One <b>line</b>\n\n& another."
        assert {"article", "details"} <= {outer.tag for outer in text.within}
        order = page.elements.index
        heading = next(heading for heading in page.find("h3") if article in heading.within)
        assert order(heading) < order(text)
        assert heading.text

    def test_an_answer_without_text_is_a_status(self, thread: Thread) -> None:
        thread.answer({"text": ""})
        assert not list(thread.open().find("details"))

    def test_the_newest_comes_first(self, thread: Thread) -> None:
        thread.answer({"text": "First."}, {"text": "Second."}, {"day": "2026-11-24"})
        assert [text.text for text in thread.open().find("div", class_="t")][:2] == ["Second.", "First."]

    def test_opening_changes_nothing(self, thread: Thread) -> None:
        thread.answer({})
        first = thread.open()
        assert steady(thread.open()) == steady(first)
        assert steady(look_again(thread.browser, first)) == steady(first)
        for path in ("mailbox", "mailbox/delete", "mailbox/message"):
            thread.browser.get(f"/en/{path}?{first.form('delete').values['reply']}")
        assert steady(thread.open()) == steady(first)

    def test_looking_again_keeps_the_message_that_is_being_written(self, thread: Thread) -> None:
        page = look_again(thread.browser, thread.open(), message="Half a sen", about="other")
        assert page.status == 200
        values = page.form("message").values
        assert (values["message"], values["about"]) == ("Half a sen", "other")
        assert page.wire_bytes == 131_072

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_day_of_the_last_collection(self, other_world: WebWorld, language: str) -> None:
        thread = Thread(other_world, Browser(other_world.app))
        never = {"en": "not yet", "fr": "pas encore", "de": "noch nicht"}[language]
        assert [day.text for day in thread.open(language).find("dd")] == [never, never]
        thread.answer({})
        day = {"en": "25 November 2026", "fr": "25 novembre 2026", "de": "25. November 2026"}[language]
        assert [day.text for day in thread.open(language).find("dd")] == [day, never]

    def test_more_answers_than_fit(self, thread: Thread) -> None:
        long = "&" * limits.REPLY_TEXT_BYTES
        thread.answer(*({"text": f"{number:04}" + long[4:]} for number in range(1, 13)))
        page = thread.open()
        assert page.wire_bytes == 65_536
        shown = [int(text.text[:4]) for text in page.find("div", class_="t")]
        assert shown == list(range(12, 12 - len(shown), -1))
        assert 0 < len(shown) < 12
        assert f"{12 - len(shown)} older answers have no room here" in page.html
        deleted = thread.browser.submit(page.form("delete"))
        assert next(deleted.find("div", class_="t")).text.startswith("0011")
        assert f"{11 - len(shown)} older answer" in deleted.html

    def test_from_another_browser(self, world: WebWorld, thread: Thread) -> None:
        thread.answer({})
        thread.browser = Browser(world.app)
        assert list(thread.open("fr").find("article"))


class TestWords:
    """Words that open nothing."""

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ("", "A receipt has eight words; these are 0."),
            ("abandon", "A receipt has eight words; this is one."),
            ("zoo " * 9, "A receipt has eight words; these are 9."),
            (
                "abandon ability hose able about above absent absorb",
                "Word 3, “hose”, is not in the list. Did you mean “",
            ),
            ("abandon ability <b>xqxqx</b>", "A receipt has eight words; these are 5."),
            ("xqxqxqx " + "zoo " * 7, "Word 1, “xqxqxqx”, is not in the list. Look at it once more."),
            ("zoo " * 8, "These eight words do not belong together"),
        ],
    )
    def test_a_typo_is_named_and_the_words_stay(self, browser: Browser, typed: str, message: str) -> None:
        page = browser.submit(words_form(browser), {"receipt": typed})
        assert page.status == 400
        assert message in page.alerts
        assert page.form("mailbox").values["receipt"] == typed
        (field,) = page.find("input", name="receipt")
        assert field.attributes["aria-invalid"] == "true"
        assert "words-e" in field.attributes["aria-describedby"]

    @pytest.mark.parametrize("typed", ["zoo " * 5_000, "x" * 1_001, "abandon " * 8 + '"' * 100_000, "é" * 60_000])
    def test_far_too_much_is_cut_and_not_counted(self, browser: Browser, typed: str) -> None:
        page = browser.submit(words_form(browser), {"receipt": typed})
        assert page.alerts == "This is far more than eight words."
        assert page.form("mailbox").values["receipt"] == typed[:1_000]
        assert (page.status, page.wire_bytes) == (400, 131_072)

    def test_cookies_off(self, world: WebWorld, thread: Thread) -> None:
        browser = Browser(world.app, cookies=False)
        page = browser.submit(words_form(browser), {"receipt": thread.words})
        assert page.status == 403
        assert "did not send the cookie" in page.alerts
        assert page.form("mailbox").values["receipt"] == thread.words

    def test_busy(self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAILBOX_WAIT_SECONDS", 0.01)
        with ExitStack() as held:
            held.enter_context(world.intake._permits.filing(None))
            held.enter_context(world.intake._permits.filing(None))
            page = thread.open()
        assert page.status == 503
        assert page.headers["Retry-After"] == "60"
        assert thread.browser.submit(page.form("mailbox")).status == 200

    def test_no_database(self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(world.store, "replies", _failing(StoreUnavailable("No answer.")))
        page = thread.open()
        assert page.status == 503
        assert page.form("mailbox").values["receipt"] == thread.words


def _failing(error: Exception) -> Any:
    def fail(*_: object) -> None:
        raise error

    return fail


class TestMessage:
    def test_it_goes_where_the_answer_says(self, world: WebWorld, thread: Thread) -> None:
        thread.answer({"follow_up": ["ecpat"], "channel": "other"})
        text = canary()
        form = thread.open("de").form("message")
        assert {"csrf_token", "our-address", "pad", "capsule", "message"} == set(form.values)
        page = thread.browser.submit(form, {"message": f" {text}\r\nMore. "})
        assert page.status == 200
        assert page.successes == "Ihre Nachricht ist abgeschickt."
        assert page.form("message").values["message"] == ""
        assert page.wire_bytes == 65_536
        (found,) = world.found(text)
        assert found.desks == {"ecpat"}
        message = found.report
        assert (message.kind, message.channel, message.language) == ("message", "other", "de")
        assert message.narrative == f"{text}\nMore."
        assert message.locator == thread.report.locator

    def test_without_an_answer_the_page_asks_what_it_is_about(self, world: WebWorld, thread: Thread) -> None:
        text = canary()
        form = thread.open().form("message")
        assert form.values["about"] == ""
        page = thread.browser.submit(form, {"message": text})
        assert page.status == 400
        assert "Choose what it was about" in page.alerts
        assert page.form("message").values["message"] == text
        sent = thread.browser.submit(page.form("message"), {"about": "self", "keep_from": "police"})
        assert sent.successes
        (found,) = world.found(text)
        assert found.desks == {"ecpat"}
        assert found.report.keep_from == ["police"]

    def test_kept_from_everybody(self, world: WebWorld, thread: Thread) -> None:
        form = thread.open().form("message")
        page = thread.browser.submit(form, {"message": "Text.", "about": "travel", "keep_from": ["police", "ecpat"]})
        assert page.status == 400
        assert "Ombudsman" in page.alerts
        assert page.form("message").values.getlist("keep_from") == ["police", "ecpat"]

    def test_twice_is_once(self, world: WebWorld, thread: Thread) -> None:
        thread.answer({})
        text = canary()
        form = thread.open().form("message")
        for _ in range(3):
            page = thread.browser.submit(form, {"message": text}, multipart=True)
            assert page.successes
        assert len(world.found(text)) == 1
        assert thread.browser.submit(page.form("message"), {"message": text}).successes
        assert len(world.found(text)) == 2

    def test_what_was_chosen_counts_though_an_answer_came_meanwhile(self, world: WebWorld, thread: Thread) -> None:
        text = canary()
        form = thread.open().form("message")
        thread.answer({"follow_up": ["police"]})
        chosen = {"message": text, "about": "self", "keep_from": "police"}
        assert thread.browser.submit(form, chosen).successes
        (found,) = world.found(text)
        assert found.desks == {"ecpat"}

    @pytest.mark.parametrize("text", ["", " \r\n ", "é" * 12_001])
    def test_too_short_or_too_long(self, thread: Thread, text: str) -> None:
        thread.answer({})
        page = thread.browser.submit(thread.open().form("message"), {"message": text})
        assert page.status == 400
        assert page.alerts
        assert page.wire_bytes == 131_072
        assert page.form("message").values["message"] == text
        if text.strip():
            assert "2 bytes longer than the 24,000 bytes" in page.alerts

    def test_no_room(self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
        thread.answer({})
        monkeypatch.setitem(world.room, False, False)
        page = thread.browser.submit(thread.open().form("message"), {"message": "Text."})
        assert page.status == 507
        assert page.form("message").values["message"] == "Text."

    @pytest.mark.parametrize(("error", "status"), [(StoreUnavailable("x"), 503), (StoreFull("x"), 507)])
    def test_storing_fails(
        self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
    ) -> None:
        thread.answer({})
        text = canary()
        form = thread.open().form("message")
        with monkeypatch.context() as patch:
            patch.setattr(world.store, "add_item", _failing(error))
            page = thread.browser.submit(form, {"message": text})
        assert page.status == status
        assert page.form("message").values["message"] == text
        assert thread.browser.submit(page.form("message")).successes
        assert len(world.found(text)) == 1

    def test_another_visitor_cannot_use_the_page(self, world: WebWorld, thread: Thread) -> None:
        thread.answer({})
        form = thread.open().form("message")
        stranger = Browser(world.app)
        form.values["csrf_token"] = words_form(stranger).values["csrf_token"]
        page = stranger.submit(form, {"message": "Text."})
        assert page.status == 403
        assert not list(page.find("article"))
        assert page.form("mailbox").values["message"] == "Text."


class TestDelete:
    def test_only_the_one_that_was_chosen(self, thread: Thread) -> None:
        thread.answer({"text": "First."}, {"text": "Second."})
        page = thread.browser.submit(thread.open().form("delete"))
        assert page.status == 200
        assert page.successes == "The answer has been deleted."
        assert [text.text for text in page.find("div", class_="t")] == ["First."]
        assert NOTHING in thread.browser.submit(page.form("delete")).html
        assert NOTHING in thread.open().html

    @pytest.mark.parametrize("chosen", ["", "x", "0" * 32, "é" * 32])
    def test_what_is_no_answer_of_this_thread(self, world: WebWorld, thread: Thread, chosen: str) -> None:
        other = Thread(world, Browser(world.app))
        other.answer({})
        thread.answer({})
        theirs = other.open().form("delete").values["reply"]
        for reply_id in (chosen, theirs):
            page = thread.browser.submit(thread.open().form("delete"), {"reply": reply_id})
            assert page.status == 200
            assert page.successes == "There was nothing left to delete."
            assert list(page.find("article"))
        assert list(other.open().find("article"))

    def test_twice(self, thread: Thread) -> None:
        thread.answer({})
        form = thread.open().form("delete")
        assert thread.browser.submit(form).successes == "The answer has been deleted."
        again = thread.browser.submit(form)
        assert (again.status, again.successes) == (200, "There was nothing left to delete.")

    def test_a_page_that_was_open_for_too_long_deletes_nothing_and_says_so(
        self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        thread.answer({})
        form = thread.open().form("delete")
        monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(hours=5))
        page = thread.browser.submit(form)
        assert page.status == 403
        assert page.alerts.startswith("Nothing was deleted")
        assert not page.successes
        opened = thread.browser.submit(page.form("mailbox"), {"receipt": thread.words})
        assert thread.browser.submit(opened.form("delete")).successes == "The answer has been deleted."

    def test_it_needs_the_token(self, thread: Thread) -> None:
        thread.answer({})
        page = thread.browser.submit(thread.open().form("delete"), {"csrf_token": ""})
        assert page.status == 403
        assert list(thread.open().find("article"))


class TestTime:
    """A mailbox closes by itself."""

    def test_it_shows_answers_for_two_hours_after_the_last_click(
        self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        thread.answer({})
        page = thread.open()
        for _ in range(5):
            monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(hours=2))
            page = look_again(thread.browser, page)
            assert list(page.find("article"))

    def test_for_a_while_a_message_is_still_taken(
        self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        thread.answer({})
        form, text = thread.open().form("message"), canary()
        monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(hours=5))
        page = thread.browser.submit(form, {"message": text})
        assert page.status == 200
        assert page.successes
        assert not list(page.find("article"))
        assert NOTHING not in page.html
        assert "enter the eight words again" in page.html
        (found,) = world.found(text)
        assert found.desks == {"police"}

    def test_then_the_words_are_asked_for_and_the_message_stays(
        self, world: WebWorld, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form, text = thread.open().form("message"), canary()
        monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(hours=9))
        page = thread.browser.submit(form, {"message": text, "about": "self", "keep_from": "police"})
        assert page.status == 403
        assert "open for too long" in page.alerts
        assert page.form("mailbox").values["message"] == text
        assert world.found(text) == []
        opened = thread.browser.submit(page.form("mailbox"), {"receipt": thread.words})
        assert opened.status == 200
        values = opened.form("message").values
        assert (values["message"], values["about"], values["keep_from"]) == (text, "self", "police")
        assert thread.browser.submit(opened.form("message")).successes
        (found,) = world.found(text)
        assert found.desks == {"ecpat"}

    @pytest.mark.parametrize("path", ["mailbox", "mailbox/message", "mailbox/delete"])
    @pytest.mark.parametrize("capsule", ["", "x", "A" * 400])
    def test_no_capsule(self, browser: Browser, path: str, capsule: str) -> None:
        token = words_form(browser).values["csrf_token"]
        page = browser.post(f"/en/{path}", {"csrf_token": token, "capsule": capsule, "message": "Text."})
        assert page.status == 403
        assert page.form("mailbox").values["message"] == "Text."


@pytest.mark.parametrize("path", ["/en/mailbox", "/fr/mailbox/", "/en//mailbox", "//en/mailbox", "/en/mailbox//"])
def test_every_request_that_may_open_a_mailbox_gives_way(world: WebWorld, path: str) -> None:
    """The server lets it wait for all others, so that guesses at receipts keep no report waiting."""
    matched = None
    with contextlib.suppress(NotFound):
        matched = world.app.url_map.bind(ONION).match(path, method="POST")[0]
    assert mailbox.stretches_key("POST", path) or matched != "mailbox.enter"
    assert not mailbox.stretches_key("GET", path)
    assert not mailbox.stretches_key("POST", f"{path.rstrip('/')}/message")
