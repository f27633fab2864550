"""What the page does about people, answers that are taken back, and several cases at once."""

import re
from pathlib import Path

import minisign
import pytest

from portal.age import ScryptRecipient
from portal.desk import cases, keyring, people, portals, session
from portal.desk.session import working
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft
from tests.desk.web.visiting import Opened, Visitor

NEW = "six new words for the tests"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """New keyrings take no second each."""
    monkeypatch.setattr(keyring, "ScryptRecipient", lambda passphrase, factor: ScryptRecipient(passphrase, 1))


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


def people_of(opened: Opened) -> list[str]:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return [person.name for person in people.listed(desk) if person.is_ready]


def test_somebody_is_let_in_and_removed(visitor: Visitor) -> None:
    form = visitor.get("/people").form("/people/let-in")
    values = {"name": "bob", "new-passphrase": NEW, "new-passphrase-again": NEW, "passphrase": PASSPHRASE}
    done = visitor.follow(visitor.submit(form, values))
    assert "They can open this desk now" in done.html
    assert people_of(visitor.opened) == ["bob", "default"]
    session.unlock(visitor.opened.door.place, NEW, "bob")
    before = visitor.get("/people").html
    done = visitor.follow(visitor.submit(done.form("/people/removed"), {"person": "bob", "passphrase": PASSPHRASE}))
    assert people_of(visitor.opened) == ["default"]
    assert "The desk has new keys" in done.html
    assert "/people/removed" not in done.html
    assert fingerprint(done.html) != fingerprint(before)


def fingerprint(html: str) -> str:
    return html.split("knows its packs: <strong>")[1].split("</strong>")[0]


def test_ones_own_passphrase(visitor: Visitor) -> None:
    form = visitor.get("/people").form("/people/passphrase")
    values = {"new-passphrase": NEW, "new-passphrase-again": NEW, "passphrase": PASSPHRASE}
    assert "Your passphrase is changed" in visitor.follow(visitor.submit(form, values)).html
    session.unlock(visitor.opened.door.place, NEW)
    again = visitor.submit(form, values)
    assert again.status == 403
    assert "This is not your passphrase" in again.html


@pytest.mark.parametrize(
    ("path", "values", "says"),
    [
        ("let-in", {"name": "bob", "new-passphrase": NEW, "new-passphrase-again": NEW + "x"}, "not the same"),
        ("let-in", {"name": "../bob", "new-passphrase": NEW, "new-passphrase-again": NEW}, "small letters"),
        ("let-in", {"name": "bob", "new-passphrase": "short", "new-passphrase-again": "short"}, "fewer than 8"),
        ("passphrase", {"new-passphrase": NEW, "new-passphrase-again": ""}, "not the same"),
        ("removed", {"person": "default"}, "cannot remove yourself"),
        ("paper", {"folder": "/nowhere-at-all", "file": "paper.pdf"}, "There is no folder"),
    ],
)
def test_what_is_refused_changes_nothing(visitor: Visitor, path: str, values: dict[str, str], says: str) -> None:
    """And no passphrase comes back with the page."""
    sent = {"csrf_token": visitor.opened.door.csrf_token(), "passphrase": PASSPHRASE} | values
    page = visitor.post(f"/people/{path}", sent)
    assert (page.status, says in page.html) == (409, True)
    assert people_of(visitor.opened) == ["default"]
    assert NEW not in page.html
    assert PASSPHRASE not in page.html
    wrong = visitor.post(f"/people/{path}", sent | {"passphrase": "a wrong passphrase"})
    assert (wrong.status, "a wrong passphrase" in wrong.html) == (403, False)


def test_new_keys(visitor: Visitor) -> None:
    page = visitor.get("/people")
    refused = visitor.submit(page.form("/people/rotated"), {"passphrase": "not this one"})
    assert refused.status == 403
    assert fingerprint(refused.html) == fingerprint(page.html)
    done = visitor.follow(visitor.submit(page.form("/people/rotated"), {"passphrase": PASSPHRASE}))
    assert "The desk has new keys" in done.html
    assert fingerprint(done.html) != fingerprint(page.html)


def test_the_paper_copy(visitor: Visitor, tmp_path: Path) -> None:
    form = visitor.get("/people").form("/people/paper")
    values = {"other-folder": str(tmp_path), "file": "paper.pdf"}
    assert visitor.submit(form, values | {"passphrase": "wrong"}).status == 403
    assert not (tmp_path / "paper.pdf").exists()
    done = visitor.follow(visitor.submit(form, values | {"passphrase": PASSPHRASE}))
    assert "put it into a safe" in done.html
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_a_portals_new_key(filled: Visitor, portal: PlayedPortal) -> None:
    assert words(portal) in filled.get("/portals").html
    portal.keys = minisign.KeyPair.generate()
    form = filled.get("/portals").form("/portals")
    pasted = bytes(portal.keys.public_key).decode()
    for typed in (words(portal).rsplit(" ", 1)[0], "abandon " * 8, ""):
        refused = filled.submit(form, {"portal-key": pasted.splitlines()[-1], "portal-words": typed})
        assert (refused.status, "not the 8 words" in refused.html) == (409, True)
    assert filled.submit(form, {"portal-key": "nonsense", "portal-words": words(portal)}).status == 409
    assert words(portal) not in filled.get("/portals").html
    trusted = filled.submit(form, {"portal-key": pasted.splitlines()[-1], "portal-words": words(portal)})
    assert "is known by its new key now" in filled.follow(trusted).html
    assert words(portal) in filled.get("/portals").html


def test_a_visit_ends_where_it_was_shown(filled: Visitor) -> None:
    page = filled.get("/handover")
    assert "2026-0002" in page.html
    assert "A sealed item came in" in page.html
    (entry,) = re.findall('name="entry" value="([0-9]+)"', page.html)
    after = filled.follow(filled.submit(page.form("/handover"), {"entry": entry}))
    assert "You were last here on" in after.html
    assert "A sealed item came in" not in after.html
    token = filled.opened.door.csrf_token()
    for entry in ("", "x", "99999", "-1", "²"):
        assert filled.post("/handover", {"csrf_token": token, "entry": entry}).status == 409
