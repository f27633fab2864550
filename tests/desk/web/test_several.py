"""Several cases on the page: told the same at once, after a look."""

import pytest

from portal.desk import cases, merging
from portal.desk.session import working
from tests.desk.played import PlayedPortal, draft
from tests.desk.web.filled import import_
from tests.desk.web.visiting import Opened, Visitor


@pytest.fixture
def three(visitor: Visitor, portal: PlayedPortal) -> Visitor:
    """A desk with three reports of websites, 2026-0001 to 2026-0003."""
    for number in range(3):
        portal.file(draft(f"Report {number}."))
    import_(visitor, portal)
    return visitor


def status(opened: Opened, name: str) -> str:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return cases.find(desk.casebook, name).status


def test_several_cases_are_told_the_same(three: Visitor) -> None:
    form = three.get("/several?id=2026-0001&id=2026-0003&id=2026-0009").form("/several")
    shown = three.submit(form, {"status": "outside-remit", "text": "All our own words."})
    assert "2 reporters will read this in English" in shown.html
    assert "All our own words." in shown.html
    assert 'There is no case with this ID. <span class="soft"><bdi dir="auto">2026-0009' in shown.html
    assert status(three.opened, "2026-0001") == "received"
    changed = three.submit(shown.form("/several"), {"step": "change"})
    assert "2026-0003" in changed.html
    done = three.done(three.submit(shown.form("/several"), {"step": "do"}))
    assert "2 reporters told: Not for us." in done.html
    assert [status(three.opened, f"2026-000{n}") for n in (1, 2, 3)] == ["outside-remit", "received", "outside-remit"]


def test_nothing_is_done_with_no_case_or_no_status(three: Visitor) -> None:
    form = three.get("/several").form("/several")
    assert "No case is named" in three.submit(form, {"ids": " , ", "status": "closed", "step": "preview"}).html
    refused = three.submit(form, {"ids": "2026-0001", "status": "gone"})
    assert (refused.status, "Choose what the reporters are told." in refused.alerts) == (409, True)
    nothing = three.submit(form, {"ids": "2026-0009 <b>", "status": "closed"})
    assert "Nothing: no case is left" in nothing.html
    assert "<b>" not in nothing.html


def test_what_is_joined_with_them_is_offered(three: Visitor) -> None:
    door = three.opened.door
    with working(door.place, door.keyring(), writing=True) as desk:
        merging.merge(desk, *(cases.find(desk.casebook, name) for name in ("2026-0002", "2026-0001")))
    page = three.get("/several?id=2026-0001&id=2026-0003")
    assert "Joined with these: 2026-0002." in page.html
    (link,) = [link for link in page.find("a") if link.text == "Take them in as well"]
    page = three.get(link.attributes["href"].replace("&amp;", "&"))
    assert page.form("/several").values["ids"].split() == ["2026-0001", "2026-0003", "2026-0002"]
    assert "Joined with these" not in page.html
