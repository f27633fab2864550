"""The page that searches: words and fields, what is shown of them, and what a browser remembers of it."""

import re

import pytest

from portal.channels import Channel
from portal.desk import cases, merging
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.session import working
from portal.desk.web import searching
from tests.desk.played import TRAVEL, PlayedPortal, draft
from tests.desk.web.visiting import Visitor
from tests.web.browser import Page

EVIL = 'harbour <script>alert(1)</script> http://evil.example/x \u202e \x1b[31m "quoted" & harbour'


@pytest.fixture
def filled(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> Visitor:
    door = visitor.opened.door
    for number in range(3):
        portal.file(draft(f"The harbour, number {number}."))
    portal.file(draft(EVIL, channel="travel", answers=TRAVEL))
    with working(door.place, door.keyring(), writing=True, clock=door.now) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    return visitor


def search(visitor: Visitor, **values: str) -> Page:
    return visitor.submit(visitor.get("/search").form("/search"), values)


def results(page: Page) -> list[str]:
    return re.findall(r'<li>(?:<input [^>]*> ?)?<a class="id" href="/case/([^"]+)"', page.html)


def test_words(filled: Visitor) -> None:
    page = search(filled, words="HARB")
    assert not page.problems
    assert "4 texts found" in page.html
    assert len(results(page)) == 4
    assert page.html.count("<mark>") == 5
    assert page.form("/search").values["words"] == "HARB"


def test_what_was_found_is_inert(filled: Visitor) -> None:
    page = search(filled, words="harbour", country="TH")
    (found,) = [item for item in page.html.split("<li>") if "evil" in item]
    assert "! Urgent" in found
    assert not list(page.find("script"))
    for harmful in ("http://", "\u202e", "\x1b", "evil.example"):
        assert harmful not in found
    assert "hxxp://evil[.]example/x" in found


def test_fields_alone(filled: Visitor) -> None:
    page = search(filled, host="bad.example")
    assert "3 cases found" in page.html
    assert page.form("/search").values["host"] == "bad.example"
    assert "<details open" in page.html
    assert len(results(search(filled, channel="travel"))) == 1
    assert results(search(filled, words="harbour", status="closed")) == []


def test_the_number_of_a_case_leads_there(filled: Visitor) -> None:
    page = search(filled, words=" 2026-0002 ")
    assert (page.status, page.headers["Location"]) == (303, "/case/2026-0002")
    assert "Nothing was found" in search(filled, words="2026-9999").html


def test_what_is_wrong_is_said_and_kept(filled: Visitor) -> None:
    page = search(filled, words="harbour", country="Atlantis")
    assert page.status == 409
    assert "No country is called so" in page.alerts
    assert page.form("/search").values["words"] == "harbour"
    assert "Type a word" in search(filled).html


def test_a_text_of_a_merged_case_says_where_it_stands(filled: Visitor) -> None:
    door = filled.opened.door
    with working(door.place, door.keyring(), writing=True, clock=door.now) as desk:
        (other,) = desk.casebook.one("SELECT name FROM cases WHERE channel = 'website' ORDER BY id LIMIT 1")
        (main,) = desk.casebook.one("SELECT name FROM cases WHERE channel = 'travel'")
        merging.merge(desk, cases.find(desk.casebook, other), cases.find(desk.casebook, main))
    page = search(filled, words="harbour", country="TH")
    assert results(page) == [main, main]
    (found,) = [item for item in page.html.split("<li>") if "joined with it" in item]
    assert f'in <a href="/case/{other}">{other}</a>' in found


def test_pages(filled: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE_TEXTS", 3)
    first = search(filled, words="harbour")
    (further,) = first.find("button", name="page")
    form = first.form("/search")
    second = filled.submit(form, {"page": further.attributes["value"]})
    assert sorted(results(first) + results(second)) == [f"2026-{number:04}" for number in range(1, 5)]
    assert "page 2 of 2" in second.html
    assert filled.submit(form, {"page": "999999999999999999999"}).status == 200
    assert filled.submit(form, {"page": "x"}).status == 200


def test_a_browser_remembers_nothing_of_it(filled: Visitor) -> None:
    """Words stand in no address, and what was found goes from the screen when the desk locks itself."""
    empty = filled.get("/search")
    assert [form.attributes["method"] for form in empty.find("form", action="/search")] == ["post"]
    page = filled.submit(empty.form("/search"), {"words": "harbour"})
    assert "url=/locked" in page.headers["Refresh"]
    assert page.headers["Cache-Control"] == "no-store"
    assert filled.get("/search?words=harbour").html.count("<mark>") == 0
