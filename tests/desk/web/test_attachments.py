"""An attachment on the page: taken out or sealed away, never shown."""

from pathlib import Path

from tests.desk.web.filled import FILE, acts, urgent
from tests.desk.web.visiting import Visitor


class TestAttachment:
    def path(self, visitor: Visitor) -> str:
        return f"/case/{urgent(visitor)}/attachment/1"

    def test_what_it_is(self, filled: Visitor) -> None:
        page = filled.get(self.path(filled))
        assert "image/jpeg" in page.html
        assert "<b>name" not in page.html
        assert not list(page.find("img"))

    def test_it_is_taken_out_after_the_warning_was_read(self, filled: Visitor, tmp_path: Path) -> None:
        form = filled.get(self.path(filled)).form("/extract")
        values = {"other-folder": str(tmp_path), "file": "photo"}
        page = filled.submit(form, values)
        assert "confirm that you have read the warning" in page.alerts
        assert not (tmp_path / "photo").exists()
        page = filled.submit(form, values | {"understood": "yes"})
        assert "is in" in page.successes
        assert (tmp_path / "photo").read_bytes() == FILE
        assert acts(filled.opened)[-1] == "extracted"

    def test_a_folder_is_a_folder(self, filled: Visitor, tmp_path: Path) -> None:
        form = filled.get(self.path(filled)).form("/extract")
        for values in ({"file": "../photo"}, {"file": ""}, {"other-folder": "relative"}):
            sent = {"other-folder": str(tmp_path), "file": "photo", "understood": "yes"} | values
            assert filled.submit(form, sent).status == 409
        assert acts(filled.opened)[-1] != "extracted"

    def test_sealed_to_an_authority_and_gone(self, filled: Visitor, tmp_path: Path) -> None:
        form = filled.get("/authorities").form("/authorities", "title")
        recipient = str(filled.opened.door.keyring().recipient)
        filled.submit(form, {"name": "parquet", "title": "Parquet <Luxembourg>", "recipient": recipient})
        form = filled.get(self.path(filled)).form("/seal")
        page = filled.submit(form, {"other-folder": str(tmp_path), "file": "sealed.age", "sure": "yes"})
        assert "erased here" in page.successes, page.alerts + page.html[-2500:]
        assert "It is not here any more" in page.html
        assert (tmp_path / "sealed.age").exists()
        assert acts(filled.opened)[-1] == "attachment-sealed"
