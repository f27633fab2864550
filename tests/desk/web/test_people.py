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
