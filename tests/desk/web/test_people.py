"""What the page does about people and keys."""

import re
from pathlib import Path

import minisign
import pytest

from portal.age import ScryptRecipient
from portal.desk import keyring, people, portals, session
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
    assert "do not trust its key here" in filled.get("/portals").html
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
