"""Import and pack on the page."""

from pathlib import Path

import pytest

from portal.desk.web import places
from tests.desk.played import PlayedPortal, draft
from tests.desk.web.filled import FILE, import_, urgent
from tests.desk.web.visiting import Visitor


class TestImport:
    def test_what_came_is_told(self, visitor: Visitor, portal: PlayedPortal) -> None:
        portal.file(draft("One."))
        page = import_(visitor, portal)
        assert "1 new case" in page.html
        assert list(page.find("a", href="/case/2026-0001"))
        again = visitor.done(visitor.submit(visitor.get("/import").form("/import"), {"path": str(portal.export())}))
        assert "1 already here" in again.html

    def test_a_file_that_is_handed_over(self, visitor: Visitor, portal: PlayedPortal) -> None:
        portal.file(draft("One."))
        import_(visitor, portal)
        portal.file(draft("Two."))
        bundle = portal.export().read_bytes()
        form = visitor.get("/import").form("/import")
        page = visitor.done(visitor.submit(form, file=("bundle", "bundle.tar", bundle)))
        assert "1 new case" in page.html
        assert not list((visitor.opened.root / "incoming").glob("*"))

    def test_words_that_are_not_those_of_the_key(self, visitor: Visitor, portal: PlayedPortal) -> None:
        portal.file(draft("One."))
        values = {"path": str(portal.export()), "portal-key": portal.keys.public_key.to_base64().decode()}
        page = visitor.submit(visitor.get("/import").form("/import"), values | {"portal-words": "not these words"})
        assert page.status == 409
        assert "not the words of this key" in page.alerts
        assert page.form("/import").values["portal-words"] == "not these words"

    def test_a_picture_chosen_by_mistake(self, visitor: Visitor) -> None:
        page = visitor.submit(visitor.get("/import").form("/import"), file=("bundle", "photo.jpg", FILE * 1000))
        assert page.status == 409
        assert "neither a bundle of a portal nor a sealed item" in page.html
        assert not (visitor.opened.root / "incoming").exists()

    def test_a_stranger(self, filled: Visitor, portal: PlayedPortal, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        other = PlayedPortal(portal.recipients, tmp_path / "other")
        page = filled.done(filled.submit(filled.get("/import").form("/import"), {"path": str(other.export())}))
        assert "not signed by the portal" in page.alerts


def test_places_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portal: PlayedPortal) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Desktop").mkdir()
    (tmp_path / "Desktop" / "clear.tar").write_bytes(b"not a bundle" * 100)
    (tmp_path / "Desktop" / "bundle.tar").write_bytes(portal.export().read_bytes())
    assert [file.path.name for file in places.importable() if file.place == "Desktop"] == ["bundle.tar"]


def test_another_command_at_work(filled: Visitor) -> None:
    """What was typed is given back, with a button that sends it again."""
    form = filled.get(f"/case/{urgent(filled)}/keep").form("/hold")
    with filled.opened.door.place.lock():
        page = filled.submit(form, {"reason": "Kept words"})
    assert page.status == 409
    assert "Another command works" in page.alerts
    page = filled.follow(filled.submit(page.form("/hold")))
    assert "Kept words" in page.html


def test_pack(filled: Visitor, portal: PlayedPortal, tmp_path: Path) -> None:
    form = filled.get(f"/case/{urgent(filled)}/reply").form("/reply")
    filled.submit(form, {"status": "closed", "text": "Thank you.", "step": "send"})
    values = {"other-folder": str(tmp_path), "file": "pack.tar"}
    page = filled.done(filled.submit(filled.get("/pack").form("/pack"), values))
    assert "2 items that arrived, and brings 1 answer" in page.html
    assert len(portal.take(tmp_path / "pack.tar", filled.opened.door.keyring().verify_key)[1]) == 1
    assert "In pack 1" in filled.get(f"/case/{urgent(filled)}").html
    page = filled.done(filled.submit(filled.get("/pack").form("/pack"), values))
    assert "exists already" in page.alerts
