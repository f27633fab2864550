"""Whatever keeps a report from being filed: the page says what, and gives back all that was typed."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal import limits
from portal.channels import UNKNOWN, Question, wire_names
from portal.errors import SpoolError, StoreFull, StoreUnavailable
from portal.web.app import create_app
from tests.web.browser import Browser, File, Page
from tests.web.test_report import NEEDED, canary, empty
from tests.web.world import CHANNELS, WebWorld

KEPT_BYTES = 131_072
PICTURE: File = ("beach.jpg", b"\xff" * 1000, "image/jpeg")
NO_DAY = "There is no such day. Write day, month and year in digits, or only what you know."
TRAVEL = {"city": 'Krung <Thep> & "more"', "signs": "filming", "child-3-name": "Ann", "date_from-year": "2019"}
"""Some of what a reporter types, besides what the form needs."""


def check_kept(page: Page, key: str, sent: dict[str, str]) -> None:
    """Everything that was typed is on the page, and the page is as long as such pages are."""
    kept = page.form(f"/report/{key}", "ticket").values
    assert {name: kept.get(name) for name in sent} == sent
    assert page.wire_bytes == KEPT_BYTES
    assert page.alerts
    assert not page.successes
    assert not page.by_id("receipt")
    assert page.headers["Cache-Control"] == "no-store"


def error_of(page: Page, field: str) -> str:
    """What the page says beside a field; the summary at the top has to link to the same field."""
    assert list(page.find("a", href=f"#{field}"))
    control = next(element for element in page.elements if element.attributes.get("id") == field)
    described = control.attributes.get("aria-describedby", "") or control.within[-3].attributes["aria-describedby"]
    message = page.text(described.split()[-1])
    assert message in " ".join(element.text for element in page.find(role="alert"))
    return message


class TestAnswers:
    """Answers that need another look."""

    @pytest.mark.parametrize("key", CHANNELS)
    def test_what_is_required_is_asked_for(self, world: WebWorld, browser: Browser, key: str) -> None:
        page = browser.submit(empty(browser, key))
        assert page.status == 400
        for question in world.intake.channels[key].questions():
            if question.required:
                assert error_of(page, question.key)
        check_kept(page, key, {})

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("immediate_danger", "perhaps", "This answer is not offered here. Choose one of the list."),
            ("signs", "nonsense", "This answer is not offered here. Choose one of the list."),
            ("country", "ZZ", "Choose a country from the list, or “I don't know”."),
            (
                "date_from-year",
                "19",
                NO_DAY,
            ),
            ("date_from-day", "3", "Add the year, or leave the whole date empty."),
            ("child-1-number", "two", "Write a whole number from 1 to 9999, in digits."),
            ("suspect-2-role", "x", "This answer is not offered here. Choose one of the list."),
        ],
    )
    def test_each_message_is_beside_its_field(self, browser: Browser, field: str, value: str, message: str) -> None:
        sent = {"narrative": canary(), **TRAVEL, **NEEDED["travel"]}
        del sent["date_from-year"]
        page = browser.submit(empty(browser, "travel"), sent | {field: value})
        assert page.status == 400
        at = "date_from-year" if field == "date_from-day" else field
        assert error_of(page, at) == message
        sent.pop(field, None)
        check_kept(page, "travel", sent)
        assert page.alerts.startswith("One answer needs another look")
        invalid = {e.attributes.get("name") for e in page.elements if e.attributes.get("aria-invalid") == "true"}
        assert invalid <= {at}

    def test_keep_from_must_be_one_of_the_desks(self, browser: Browser) -> None:
        page = browser.submit(empty(browser, "self"), {"narrative": canary(), "keep_from": "the-mayor"})
        assert page.status == 400
        assert "not offered" in page.alerts

    def test_blocks_that_hold_something_are_open(self, browser: Browser) -> None:
        page = browser.submit(empty(browser, "travel"), TRAVEL)
        (shown,) = (block for block in page.find("details") if "open" in block.attributes)
        assert shown.text.startswith("Child 3")

    def test_too_much_text_says_by_how_much(self, world: WebWorld, browser: Browser) -> None:
        text = canary()
        long = "é" * ((22_000 - len(text)) // 2)
        sent = {"narrative": text + long, "city": "x" * 2_015, **NEEDED["travel"]}
        page = browser.submit(empty(browser, "travel"), sent)
        assert page.status == 400
        assert error_of(page, "narrative").startswith("All text together is 15 bytes longer than the 24,000 bytes")
        assert "you can send the rest as a message" in page.alerts
        check_kept(page, "travel", sent)
        fitting = sent | {"city": "x" * 2_000}
        assert browser.submit(page.form("report/travel"), fitting).status == 200
        assert len(world.found(text)) == 1

    @pytest.mark.parametrize(
        ("over", "start"),
        [(1, "All text together is one byte longer than"), (2, "All text together is 2 bytes longer")],
    )
    def test_one_byte_too_much(self, browser: Browser, over: int, start: str) -> None:
        page = browser.submit(empty(browser, "self"), {"narrative": "x" * (24_000 + over)})
        assert error_of(page, "narrative").startswith(start)

    def test_text_that_grows_when_it_is_sealed_still_fits(self, world: WebWorld, browser: Browser) -> None:
        text = canary()
        hostile = text + '"\\' * 11_990
        assert browser.submit(empty(browser, "self"), {"narrative": hostile}).status == 200
        (found,) = world.found(text)
        assert found.report.narrative == hostile

    @pytest.mark.parametrize("key", CHANNELS)
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_every_value_comes_back(self, world: WebWorld, key: str, data: st.DataObject) -> None:
        browser = Browser(world.app)
        typed = MultiDict[str, str]()
        for question in world.intake.channels[key].questions():
            for name, inner in _fields(question):
                for value in data.draw(_values(name, inner), label=name):
                    typed.add(name, value)
        # One answer is left out, so that the form comes back.
        typed.setlist("urls" if key == "website" else "narrative", [""])
        form = empty(browser, key)
        for name in form.values:
            if name not in ("csrf_token", "ticket", "our-address", "pad"):
                form.values.setlist(name, [])
        page = browser.submit(form, dict(typed.lists()))
        assert page.status == 400
        kept = page.form(f"report/{key}").values
        assert {name: kept.getlist(name) for name in typed} == dict(typed.lists())
        assert kept["ticket"] == form.values["ticket"]


def _fields(question: Question, block: str = "") -> Iterator[tuple[str, Question]]:
    """Each field of a question with the question that says what it may hold."""
    for inner in question.questions:
        for number in range(1, question.count + 1):
            yield from _fields(inner, f"{question.key}-{number}-")
    if not question.questions:
        yield from ((name, question) for name in wire_names(question, block))


def _values(name: str, question: Question) -> st.SearchStrategy[list[str]]:
    """What a browser may send for a field."""
    options = [option.value for option in question.options]
    line = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
    if question.kind in ("choice", "yesno") or name.endswith("-precision"):
        return st.sampled_from(options).map(lambda value: [value])
    if question.kind == "choices":
        return st.lists(st.sampled_from(options), unique=True).map(lambda chosen: sorted(chosen, key=options.index))
    if question.kind == "country":
        return st.sampled_from(["LU", "AX", "XK", UNKNOWN]).map(lambda value: [value])
    if question.kind in ("long", "urls"):
        return st.lists(line, max_size=4).map(lambda lines: ["\n".join(lines)])
    return line.map(lambda value: [value])


class TestFiles:
    """Files that cannot be taken."""

    def test_files_are_lost_with_an_error_and_the_page_says_so(self, browser: Browser) -> None:
        page = browser.submit(empty(browser, "travel"), {"narrative": "Text."}, [PICTURE])
        assert page.status == 400
        assert "The files could not be kept. Choose them again before you send." in page.html
        assert "beach.jpg" not in page.html
        assert "could not be kept" not in browser.submit(empty(browser, "travel"), {"narrative": "Text."}).html

    @pytest.mark.parametrize("key", ["website", "self", "other"])
    def test_forms_without_files_refuse_them(self, world: WebWorld, browser: Browser, key: str) -> None:
        sent = {"narrative": canary(), **NEEDED[key]}
        page = browser.submit(empty(browser, key), sent, [PICTURE])
        assert page.status == 400
        assert "This form takes no files" in page.alerts
        check_kept(page, key, {"narrative": sent["narrative"]})
        assert world.found(sent["narrative"]) == []

    def test_too_many(self, world: WebWorld, browser: Browser) -> None:
        sent = {"narrative": canary(), **NEEDED["travel"]}
        page = browser.submit(empty(browser, "travel"), sent, [PICTURE] * 21)
        assert page.status == 400
        assert error_of(page, "attachment") == "Choose at most 20 files; send the others with a second report."
        check_kept(page, "travel", sent)

    def test_too_large(self, world: WebWorld) -> None:
        small = msgspec.structs.replace(world.settings, attachment_bytes=limits.MIB)
        browser = Browser(create_app(world.site(settings=small)))
        sent = {"narrative": canary(), **NEEDED["travel"]}
        page = browser.submit(empty(browser, "travel"), sent, [("a", bytes(limits.MIB + 1), "video/mp4")])
        assert page.status == 400
        assert error_of(page, "attachment") == "One file is larger than 1 MB. Leave it out."
        check_kept(page, "travel", sent)

    def test_no_room_for_files(self, world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(world.room, True, False)
        sent = {"narrative": canary(), **NEEDED["travel"]}
        page = browser.submit(empty(browser, "travel"), sent, [PICTURE])
        assert page.status == 507
        assert "send it again without the files" in page.alerts
        check_kept(page, "travel", sent)
        assert browser.submit(page.form("report/travel")).status == 200


class TestToken:
    """Forms that did not come from a page of the visitor."""

    def test_cookies_off(self, world: WebWorld) -> None:
        browser = Browser(world.app, cookies=False)
        sent = {"narrative": canary(), **TRAVEL, **NEEDED["travel"]}
        page = browser.submit(empty(browser, "travel"), sent)
        assert page.status == 403
        assert "did not send the cookie" in page.alerts
        assert "c=" in page.headers["Set-Cookie"]
        check_kept(page, "travel", sent)
        assert world.found(sent["narrative"]) == []

    @pytest.mark.parametrize("token", ["", "x", "é" * 100, None])
    def test_wrong_token(self, world: WebWorld, browser: Browser, token: str | None) -> None:
        sent = {"narrative": canary()}
        form = empty(browser, "self")
        form.values.setlist("csrf_token", [] if token is None else [token])
        page = browser.submit(form, sent)
        assert page.status == 403
        assert "another visit" in page.alerts
        assert "Set-Cookie" not in page.headers
        check_kept(page, "self", sent)
        assert page.form("report/self").values["ticket"] == form.values["ticket"]
        assert browser.submit(page.form("report/self")).status == 200
        assert len(world.found(sent["narrative"])) == 1

    def test_the_form_of_another_visitor(self, world: WebWorld, browser: Browser) -> None:
        form = empty(Browser(world.app), "self")
        empty(browser, "self")
        page = browser.submit(form, {"narrative": canary()})
        assert page.status == 403

    def test_a_token_lives_as_long_as_its_cookie(
        self, world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form = empty(browser, "self")
        monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(days=1))
        assert browser.submit(form, {"narrative": canary()}).status == 200


class TestLater:
    """Things that are over after a while, or better after a while."""

    @pytest.mark.parametrize("days", [2, 3, 400])
    def test_an_old_ticket(self, world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
        sent = {"narrative": canary()}
        form = empty(browser, "self")
        monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(days=days))
        page = browser.submit(form, sent)
        assert page.status == 403
        assert "open for too long" in page.alerts
        check_kept(page, "self", sent)
        assert browser.submit(page.form("report/self")).status == 200
        assert len(world.found(sent["narrative"])) == 1

    def test_an_old_ticket_still_shows_the_receipt_of_what_is_stored(
        self, world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form, text = empty(browser, "self"), canary()
        first = browser.submit(form, {"narrative": text})
        monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(days=2))
        assert browser.submit(form, {"narrative": text}).text("receipt") == first.text("receipt")

    @pytest.mark.parametrize("ticket", ["", "x", "AAAA" * 30])
    def test_no_ticket(self, browser: Browser, ticket: str) -> None:
        sent = {"narrative": canary()}
        page = browser.submit(empty(browser, "self"), {**sent, "ticket": ticket})
        assert page.status == 403
        check_kept(page, "self", sent)
        assert browser.submit(page.form("report/self")).status == 200

    def test_busy(self, world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "FILING_WAIT_SECONDS", 0.01)
        sent = {"narrative": canary(), **TRAVEL, **NEEDED["travel"]}
        form = empty(browser, "travel")
        with ExitStack() as held:
            for _ in range(2):
                held.enter_context(world.intake._permits.filing(None))
            page = browser.submit(form, sent)
        assert page.status == 503
        assert page.headers["Retry-After"] == "60"
        assert "Many people are using the portal" in page.alerts
        check_kept(page, "travel", sent)
        again = next(page.find("button", form="report"))
        assert again.text == "Send it again"
        assert page.form("report/travel").values["ticket"] == form.values["ticket"]
        assert browser.submit(page.form("report/travel")).status == 200
        assert len(world.found(sent["narrative"])) == 1

    @pytest.mark.parametrize(
        ("error", "status", "words"),
        [
            (StoreUnavailable("The database does not answer."), 503, "cannot store anything"),
            (StoreFull("The disk is full."), 507, "has no room left"),
            (SpoolError("A file was changed."), 503, "did not arrive whole"),
            (RuntimeError("a secret"), 500, "Something went wrong"),
        ],
    )
    def test_storing_fails(
        self,
        world: WebWorld,
        browser: Browser,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        error: Exception,
        status: int,
        words: str,
    ) -> None:
        def fail(*_: object) -> None:
            raise error

        sent = {"narrative": canary(), **TRAVEL, **NEEDED["travel"]}
        with monkeypatch.context() as patch:
            patch.setattr(world.store, "add_item", fail)
            page = browser.submit(empty(browser, "travel"), sent)
        assert page.status == status
        assert words in page.alerts
        check_kept(page, "travel", sent)
        assert browser.submit(page.form("report/travel")).status == 200
        assert len(world.found(sent["narrative"])) == 1
        logged = [record.getMessage() for record in caplog.records]
        if isinstance(error, StoreUnavailable | StoreFull):
            assert logged == [str(error)]
        elif status == 500:
            assert re.fullmatch(r"RuntimeError at portal/intake\.py:\d+", logged.pop())

    def test_no_room(self, world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(world.room, False, False)
        sent = {"narrative": canary()}
        page = browser.submit(empty(browser, "self"), sent)
        assert page.status == 507
        assert "has no room left" in page.alerts
        check_kept(page, "self", sent)
