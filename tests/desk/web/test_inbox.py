"""The inbox: what is due first, what the filters show, and the way from there to the next case."""

import re

import pytest

from portal.channels import Channel
from portal.desk import cases, looking, merging, organising
from portal.desk.folder import Folder
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import working
from portal.desk.triage import FILE_NAME
from portal.desk.web import inbox
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.web.visiting import Opened, Visitor
from tests.web.browser import Page

REPORTS = {
    "2026-0001": ("website", "2026-11-01", "Late."),
    "2026-0002": ("website", "2026-11-23", "Today."),
    "2026-0003": ("website", "2026-11-24", "Tomorrow."),
    "2026-0004": ("travel", "2026-11-24", "Urgent and late."),
    "2026-0005": ("grooming", "2026-11-25", "Looked at and asked."),
    "2026-0006": ("website", "2026-11-25", "Done."),
}
"""Channel, day and words; today is 25 November 2026."""


@pytest.fixture
def filled(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> Visitor:
    """A desk with a case for each of `REPORTS`."""
    door = visitor.opened.door
    with working(door.place, door.keyring(), writing=True, clock=door.now) as desk:
        for channel, received, text in REPORTS.values():
            age = {"immediate_danger": "no", "child_age_band": "6_12"}
            portal.file(draft(text, channel=channel, answers=age if channel == "grooming" else None), received=received)
            # One after the other, so that their numbers are those above.
            import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
            portal.waiting.clear()
        asked, done = (cases.find(desk.casebook, name) for name in ("2026-0005", "2026-0006"))
        looking.look(desk, asked)
        reply(desk, asked, "question", "Where?", ["police"], desk.today)
        reply(desk, done, "closed", "", ["police"], desk.today)
        organising.assign(desk, asked, "default")
        organising.tag(desk, done, ["plane"])
    return visitor


def shown(page: Page) -> list[str]:
    """The cases that a page lists, in order."""
    found: list[str] = re.findall(r'<th scope="row"[^>]*><input [^>]*> ?<a href="/case/([^"]+)"', page.html)
    return found


def groups(page: Page) -> list[str]:
    return [re.sub(r"\s+", " ", element.text).strip() for element in page.find("th", scope="rowgroup")]


def test_it_opens_with_what_is_due(filled: Visitor) -> None:
    page = filled.get("/")
    assert shown(page) == ["2026-0004", "2026-0001", "2026-0002", "2026-0003", "2026-0005"]
    assert groups(page) == ["Overdue (2)", "Due today (1)", "Due in the next 7 days (1)", "Due later (1)"]
    (following,) = page.find("a", accesskey="x")
    assert following.attributes["href"] == "/case/2026-0004"
    assert "Urgent. Nobody has looked at it, 1 day late." in page.html
    rows = page.html.split("<tr")
    urgent = next(row for row in rows if "/case/2026-0004" in row and "scope" in row)
    assert "Danger now" in urgent
    assert ">unread<" in urgent
    asked = next(row for row in rows if "/case/2026-0005" in row)
    assert "Our question is not answered" in asked
    assert "<td>you</td>" in asked
    assert ">unread<" not in asked


ADDRESSES = {
    "?show=overdue": ["2026-0004", "2026-0001"],
    "?show=today": ["2026-0002"],
    "?show=week": ["2026-0003"],
    "?show=urgent": ["2026-0004"],
    "?show=new": ["2026-0004", "2026-0001", "2026-0002", "2026-0003"],
    "?show=question": ["2026-0005"],
    "?show=all&sort=newest": ["2026-0006", "2026-0005", "2026-0004", "2026-0003", "2026-0002", "2026-0001"],
    "?show=all&sort=id&channel=website": ["2026-0001", "2026-0002", "2026-0003", "2026-0006"],
    "?show=all&sort=urgent": ["2026-0004", "2026-0001", "2026-0002", "2026-0003", "2026-0005", "2026-0006"],
    "?status=closed": ["2026-0006"],
    "?show=all&tag=plane": ["2026-0006"],
    "?show=all&flag=danger-now": ["2026-0004"],
    "?show=all&month=2026-10": [],
    "?whose=mine": ["2026-0005"],
    "?whose=person-default": ["2026-0005"],
    "?whose=person-mine": [],
    "?whose=nobody&show=today": ["2026-0002"],
    "?show=nonsense&sort=nonsense&page=99": ["2026-0004", "2026-0001", "2026-0002", "2026-0003", "2026-0005"],
    "?page=-1&month=%00": ["2026-0004", "2026-0001", "2026-0002", "2026-0003", "2026-0005"],
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_filters_and_orders(filled: Visitor, address: str) -> None:
    page = filled.get(f"/{address}")
    assert page.status == 200
    assert not page.problems
    assert shown(page) == ADDRESSES[address]


def test_the_form_keeps_what_was_chosen(filled: Visitor) -> None:
    form = filled.get("/?show=all&channel=website&sort=oldest").form("/", "channel")
    assert (form.values["show"], form.values["channel"], form.values["sort"]) == ("all", "website", "oldest")


def test_the_tiles_say_what_they_show(filled: Visitor) -> None:
    page = filled.get("/")
    tiles = re.findall(r'<a href="/\?show=(\w+)"[^>]*><b>([\d,]+)</b>', page.html)
    assert [key for key, _ in tiles] == ["overdue", "today", "week", "urgent", "new", "question", "open", "all"]
    for key, number in tiles:
        assert len(shown(filled.get(f"/?show={key}"))) == int(number), key


def test_a_message_to_a_closed_case_comes_back_into_the_inbox(
    visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    keys, door = reporter(), visitor.opened.door
    with working(door.place, door.keyring(), writing=True, clock=door.now) as desk:
        for said in (draft("One."), draft("More.", kind="message")):
            portal.file(said, keys)
            import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
            if said.kind == "report":
                reply(desk, cases.find(desk.casebook, "2026-0001"), "closed", "", ["police"], desk.today)
                assert "Nothing waits." in visitor.get("/").html
    page = visitor.get("/")
    assert shown(page) == ["2026-0001"]
    assert "A message that nobody has looked at" in page.html


def test_what_waits_in_a_merged_case_is_one_step_away(filled: Visitor) -> None:
    door = filled.opened.door
    with working(door.place, door.keyring(), writing=True, clock=door.now) as desk:
        main, other = (cases.find(desk.casebook, name) for name in ("2026-0004", "2026-0001"))
        looking.look(desk, main)
        merging.merge(desk, other, main)
    page = filled.get("/")
    assert "2026-0001" not in shown(page)
    (following,) = page.find("a", accesskey="x")
    assert following.attributes["href"] == "/case/2026-0001"


def test_pages(filled: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "PAGE_CASES", 4)
    first = filled.get("/?show=all&sort=id")
    (link,) = first.find("a", rel="next")
    second = filled.get(link.attributes["href"])
    assert shown(first) + shown(second) == sorted(REPORTS)
    assert list(second.find("a", rel="prev"))
    assert not list(second.find("a", rel="next"))


def test_rules_that_cannot_be_read_keep_nobody_from_the_inbox(filled: Visitor) -> None:
    (Folder(filled.opened.root).root / FILE_NAME).write_text("no TOML at all")
    page = filled.get("/")
    assert page.status == 200
    assert "danger-now" in page.html


def test_an_empty_desk_says_what_to_do(opened: Opened) -> None:
    page = Visitor(opened).enter().get("/")
    assert list(page.find("a", href="/import"))
    assert "No cases yet." in page.html


def test_how_full_a_form_is_stands_apart_from_what_is_urgent(filled: Visitor) -> None:
    page = filled.get("/case/2026-0004")
    assert re.search(r"\d+ of \d+ questions of the form are answered", page.html)
    assert "not whether it is true" in page.html


def test_the_case_says_what_is_due_of_it(filled: Visitor) -> None:
    assert "No answer yet" in filled.get("/case/2026-0001").html
    assert ">due in 14 days<" in filled.get("/case/2026-0005").html
    filled.opened.clock.forward(days=15)
    page = filled.get("/case/2026-0005")
    assert ">1 day late<" in page.html
    assert "Go on without an answer." in page.html
    assert 'class="due' not in filled.get("/case/2026-0006").html
