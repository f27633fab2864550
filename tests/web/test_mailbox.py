"""What the eight words open."""

import contextlib
from contextlib import ExitStack

import pytest
from werkzeug.exceptions import NotFound

from portal import limits
from portal.errors import StoreUnavailable
from portal.receipt import encode
from portal.report import STATUSES
from portal.settings import LANGUAGES
from portal.web import mailbox
from tests.web.browser import Browser
from tests.web.test_report import canary
from tests.web.threads import NOTHING, Thread, failing, look_again, steady, words_form
from tests.web.world import ONION, WebWorld


class TestOpening:
    def test_nothing_yet(self, thread: Thread) -> None:
        page = thread.open()
        assert page.status == 200
        assert NOTHING in page.html
        assert not list(page.find("article"))
        assert thread.words not in page.html

    def test_what_the_reporter_sent_is_never_shown(self, world: WebWorld, thread: Thread) -> None:
        """Whoever finds the words reads the answers, and nothing else."""
        thread.answer({"text": "An answer."})
        page, text = thread.open(), canary()
        sent = thread.browser.submit(page.form("message"), {"message": text})
        assert world.found(text)
        for shown in (page, sent, thread.open(), look_again(thread.browser, sent)):
            assert "An answer." in shown.html
            assert text not in shown.html
            assert thread.report.narrative not in shown.html

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
        monkeypatch.setattr(world.store, "replies", failing(StoreUnavailable("No answer.")))
        page = thread.open()
        assert page.status == 503
        assert page.form("mailbox").values["receipt"] == thread.words


@pytest.mark.parametrize("path", ["/en/mailbox", "/fr/mailbox/", "/en//mailbox", "//en/mailbox", "/en/mailbox//"])
def test_every_request_that_may_open_a_mailbox_gives_way(world: WebWorld, path: str) -> None:
    """The server lets it wait for all others, so that guesses at receipts keep no report waiting."""
    matched = None
    with contextlib.suppress(NotFound):
        matched = world.app.url_map.bind(ONION).match(path, method="POST")[0]
    assert mailbox.stretches_key("POST", path) or matched != "mailbox.enter"
    assert not mailbox.stretches_key("GET", path)
    assert not mailbox.stretches_key("POST", f"{path.rstrip('/')}/message")
