"""What the page does about people, answers that are taken back, and several cases at once."""

import pytest

from portal.desk import cases, portals
from portal.desk.session import working
from tests.desk.played import PlayedPortal, draft
from tests.desk.web.visiting import Opened, Visitor


@pytest.fixture
def filled(visitor: Visitor, portal: PlayedPortal) -> Visitor:
    """A desk with three reports of websites, 2026-0001 to 2026-0003."""
    for number in range(3):
        portal.file(draft(f"Report {number}."))
    values = {"path": str(portal.export()), "portal-key": portal.keys.public_key.to_base64().decode()}
    values["portal-words"] = words(portal)
    visitor.done(visitor.submit(visitor.get("/import").form("/import"), values))
    return visitor


def words(portal: PlayedPortal) -> str:
    """The words of the portal's key."""
    return portals.words(portal.keys.public_key)


def status(opened: Opened, name: str) -> str:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return cases.find(desk.casebook, name).status


def test_an_answer_is_taken_back(filled: Visitor) -> None:
    token = filled.opened.door.csrf_token()
    filled.post("/case/2026-0001/reply", {"csrf_token": token, "status": "closed", "step": "send"})
    assert status(filled.opened, "2026-0001") == "closed"
    page = filled.get("/case/2026-0001")
    filled.follow(filled.submit(page.form("/case/2026-0001/withdraw/1")))
    assert status(filled.opened, "2026-0001") == "received"
    assert "Withdraw this answer" not in filled.get("/case/2026-0001").html
    gone = filled.post("/case/2026-0001/withdraw/1", {"csrf_token": token})
    assert gone.status == 409
    assert "has no answer 1" in gone.html


def test_several_cases_are_told_the_same(filled: Visitor) -> None:
    form = filled.get("/several?id=2026-0001&id=2026-0003&id=2026-0009").form("/several")
    shown = filled.submit(form, {"status": "outside-remit", "text": "All our own words."})
    assert "2 reporters will read this in English" in shown.html
    assert "All our own words." in shown.html
    assert 'There is no case with this ID. <span class="soft"><bdi dir="auto">2026-0009' in shown.html
    assert status(filled.opened, "2026-0001") == "received"
    changed = filled.submit(shown.form("/several"), {"step": "change"})
    assert "2026-0003" in changed.html
    done = filled.done(filled.submit(shown.form("/several"), {"step": "do"}))
    assert "2 reporters told: Not for us." in done.html
    assert [status(filled.opened, f"2026-000{n}") for n in (1, 2, 3)] == ["outside-remit", "received", "outside-remit"]


def test_nothing_is_done_with_no_case_or_no_status(filled: Visitor) -> None:
    form = filled.get("/several").form("/several")
    assert "No case is named" in filled.submit(form, {"ids": " , ", "step": "preview"}).html
    refused = filled.submit(form, {"ids": "2026-0001", "status": "gone"})
    assert (refused.status, "There is no such status" in refused.html) == (409, True)
    nothing = filled.submit(form, {"ids": "2026-0009 <b>"})
    assert "Nothing: no case is left" in nothing.html
    assert "<b>" not in nothing.html
