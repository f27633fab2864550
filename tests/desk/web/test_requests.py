"""Requests of a person on the page."""

from portal.desk import cases
from portal.desk.replies import reply
from portal.desk.session import working
from tests.desk.played import TRAVEL, PlayedPortal, draft
from tests.desk.web.filled import acts, import_
from tests.desk.web.visiting import Visitor


def test_requests_of_a_person(filled: Visitor) -> None:
    page = filled.submit(filled.get("/person").form("/person"), {"name": "second"})
    form = page.form("/person/decide")
    (name,) = {box.attributes["value"] for box in page.find("input", name="case")}
    page = filled.submit(form, {"case": name, "decision": "restriction", "note": "Asked by letter."})
    assert f"Recorded for {name}" in page.successes
    assert acts(filled.opened)[-2:] == ["request-decided", "restricted"]
    page = filled.submit(filled.get("/person").form("/person"), {"name": "second"})
    assert [tag.text for tag in page.find("span", class_="tag")] == ["Restricted"]
    assert "Not looked through" not in page.html


def test_contact_data_that_were_erased_are_not_looked_through(visitor: Visitor, portal: PlayedPortal) -> None:
    contact = {**TRAVEL, "contact": "details", "contact_name": "Maria Weiss", "contact_email": "m@post.example"}
    portal.file(draft("A hotel.", channel="travel", answers=contact))
    import_(visitor, portal)
    with working(visitor.opened.door.place, visitor.opened.door.keyring(), writing=True) as desk:
        (case,) = cases.listed(desk.casebook)
        reply(desk, case, "closed", "", ["police"], desk.today)
    page = visitor.submit(visitor.get("/person").form("/person"), {"name": "Weiss"})
    assert "Nobody of this name is mentioned." in page.html
    assert "Not looked through" in page.html
    assert list(page.find("a", href=f"/case/{case.name}"))
