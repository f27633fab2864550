"""What a mailbox takes: a message, a wish to forget an answer; and for how long."""

from datetime import timedelta

import pytest

from portal.errors import StoreFull, StoreUnavailable
from tests.web.browser import Browser
from tests.web.test_report import canary
from tests.web.threads import NOTHING, Thread, failing, look_again, words_form
from tests.web.world import WebWorld


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
            patch.setattr(world.store, "add_item", failing(error))
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
