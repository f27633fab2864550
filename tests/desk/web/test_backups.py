"""Backups on the page."""

from pathlib import Path

from tests.desk.web.visiting import Visitor


class TestBackups:
    def test_made_and_read_back(self, filled: Visitor, tmp_path: Path) -> None:
        (tmp_path / "stick").mkdir()
        recipient = str(filled.opened.door.keyring().recipient)
        form = filled.get("/backups").form("/backups/place", "recipients")
        filled.follow(filled.submit(form, {"other-folder": str(tmp_path / "stick"), "recipients": recipient}))
        page = filled.done(filled.submit(filled.get("/backups").form("/backups")))
        assert "read back and found whole" in page.html
        (made,) = (tmp_path / "stick").iterdir()
        assert made.name in filled.get("/backups").html

    def test_what_is_wrong_is_said_and_kept(self, filled: Visitor) -> None:
        form = filled.get("/backups").form("/backups/place", "recipients")
        page = filled.submit(form, {"other-folder": "/no/such/folder", "recipients": "age1nonsense"})
        assert page.status == 409
        assert page.form("/backups/place", "recipients").values["recipients"] == "age1nonsense"
