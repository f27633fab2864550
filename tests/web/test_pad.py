"""The part of a page's filling that its forms send back."""

import pytest

from portal.web import page as pages
from tests.web.browser import Browser, Page
from tests.web.test_every_page import KEPT, PAGES, enter, file
from tests.web.test_report import canary, empty
from tests.web.world import CHANNELS, WebWorld


def pads(page: Page) -> list[int]:
    """The length of the pad in each form; each has one."""
    lengths = []
    for form in page.forms():
        (pad,) = form.values.getlist("pad")
        assert pad == "0" * len(pad)
        lengths.append(len(pad))
    return lengths


@pytest.mark.parametrize("name", ["words", "receipt", "mailbox", *KEPT])
def test_every_form_has_one(browser: Browser, name: str) -> None:
    page = (PAGES | KEPT)[name](browser, "en")
    assert len(set(pads(page))) == 1


@pytest.mark.parametrize("name", ["landing", "safety", "404", "confirmed"])
def test_a_page_without_a_form_has_none(browser: Browser, name: str) -> None:
    assert 'name="pad"' not in PAGES[name](browser, "en").content


def test_every_length_is_as_likely(browser: Browser) -> None:
    lengths = [pads(browser.get("/en/mailbox"))[0] for _ in range(400)]
    assert max(lengths) < pages.PAD_BYTES
    quarters = [sum(length * 4 // pages.PAD_BYTES == quarter for length in lengths) for quarter in range(4)]
    # 100 each, give or take six times the deviation of 8.7.
    assert all(48 < count < 152 for count in quarters)


@pytest.mark.parametrize("key", CHANNELS)
@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_every_form_has_room_for_the_longest(browser: Browser, key: str, language: str) -> None:
    page = browser.get(f"/{language}/report/{key}")
    assert len(page.content.encode()) - pads(page)[0] + pages.PAD_BYTES < 63 * 1024


def test_where_room_is_short_the_pad_is_and_the_page_is_not_longer(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAD_BYTES", 1_000_000)
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
