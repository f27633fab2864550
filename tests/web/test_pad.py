"""The part of a page's filling that its forms send back."""

import pytest

from portal.web import pad
from tests.traffic.visits import Watched
from tests.web.browser import Browser, Page
from tests.web.test_every_page import KEPT, PAGES, enter, file
from tests.web.test_report import NEEDED, canary, empty
from tests.web.world import CHANNELS, WebWorld


def pads(page: Page) -> list[int]:
    """The length of the pad in each form; each has one."""
    lengths = []
    for form in page.forms():
        (found,) = form.values.getlist("pad")
        assert found == "0" * len(found)
        lengths.append(len(found))
    return lengths


@pytest.mark.parametrize("name", ["words", "receipt", "mailbox", *KEPT])
def test_every_form_has_one(browser: Browser, name: str) -> None:
    assert all(pads((PAGES | KEPT)[name](browser, "en")))


@pytest.mark.parametrize("name", ["landing", "safety", "404", "confirmed"])
def test_a_page_without_a_form_has_none(browser: Browser, name: str) -> None:
    assert 'name="pad"' not in PAGES[name](browser, "en").content


def test_every_length_is_as_likely(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pad, "EVEN_BYTES", 0)
    lengths = [pads(browser.get("/en/mailbox"))[0] for _ in range(400)]
    assert max(lengths) < pad.SPREAD_BYTES
    quarters = [sum(length * 4 // pad.SPREAD_BYTES == quarter for length in lengths) for quarter in range(4)]
    # 100 each, give or take six times the deviation of 8.7.
    assert all(48 < count < 152 for count in quarters)


def test_without_the_random_part_all_forms_send_the_same(world: WebWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pad, "SPREAD_BYTES", 1)
    sent = {}
    for key in CHANNELS:
        visitor = Watched(world)
        page = visitor.submit(empty(visitor, key), {**NEEDED[key], "narrative": "x"})
        assert page.status == 200
        sent[key] = visitor.seen[-1].up
        visitor.submit(page.form("", "word"), {"word": page.text("receipt").split()[0]})
        sent[f"{key}, confirmed"] = visitor.seen[-1].up
    visitor = Watched(world)
    mailbox = visitor.submit(visitor.get("/en/mailbox").form("mailbox"), {"receipt": " ".join(["abandon"] * 7)})
    sent["words"] = visitor.seen[-1].up
    assert mailbox.status == 400
    opened = enter(visitor, "en")
    visitor.submit(opened.form("message"), {"message": "x"})
    sent["message"] = visitor.seen[-1].up
    assert max(sent.values()) - min(sent.values()) < 500, sent


@pytest.mark.parametrize("key", CHANNELS)
@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_every_form_has_room_for_the_longest(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, key: str, language: str
) -> None:
    monkeypatch.setattr(pad.secrets, "randbelow", lambda limit: limit - 1)
    page = browser.get(f"/{language}/report/{key}")
    assert pads(page)[0] >= pad.SPREAD_BYTES - 1
    assert page.wire_bytes == 65_536


def test_where_room_is_short_the_pad_is_and_the_page_is_not_longer(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SPREAD_BYTES", "EVEN_BYTES"):
        monkeypatch.setattr(pad, name, 1_000_000)
        sizes = [page(browser, "en").wire_bytes for page in (PAGES["words"], file, enter)]
        assert sizes == [65_536] * 3


def test_what_comes_back_is_neither_stored_nor_shown(world: WebWorld, browser: Browser) -> None:
    text, marker = canary(), "not zeros at all"
    page = browser.submit(empty(browser, "other"), {"narrative": text, "pad": marker})
    assert page.status == 400
    assert marker not in page.html
    assert browser.submit(page.form("report/other"), {"immediate_danger": "no", "pad": marker}).status == 200
    (found,) = world.found(text)
    assert marker not in str(found.report)


def test_typed_text_that_looks_like_a_form_is_no_form(world: WebWorld, browser: Browser) -> None:
    text = f'{canary()} <form><input type="hidden" name="pad" value=""></form>'
    page = browser.submit(empty(browser, "other"), {"narrative": text})
    assert page.form("report/other").values["narrative"] == text
    assert browser.submit(page.form("report/other"), {"immediate_danger": "no"}).status == 200
    assert world.found(text)[0].report.narrative == text
