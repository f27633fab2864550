"""Keeping and erasing on the page."""

from tests.desk.web.filled import acts, urgent
from tests.desk.web.visiting import Visitor


class TestKeeping:
    def test_erased_after_a_word(self, filled: Visitor) -> None:
        name = urgent(filled)
        page = filled.submit(filled.get(f"/case/{name}/keep").form("/purge"), {"case": name})
        assert "cannot be taken back" in page.html
        assert "type the word erase" in filled.submit(page.form("/purge/done"), {"word": "no"}).alerts
        page = filled.submit(page.form("/purge/done"), {"word": "erase"})
        assert f"Erased: {name}" in page.successes
        assert "no case with this number" in filled.get(f"/case/{name}").html

    def test_held(self, filled: Visitor) -> None:
        name = urgent(filled)
        page = filled.follow(
            filled.submit(filled.get(f"/case/{name}/keep").form("/hold"), {"reason": "A <b>court</b>"})
        )
        assert "A &lt;b&gt;court&lt;/b&gt;" in page.html
        token = {"csrf_token": filled.opened.door.csrf_token(), "case": name}
        assert filled.post("/purge", token).status == 409
        page = filled.follow(filled.submit(page.form("/release")))
        assert list(page.forms())
        assert acts(filled.opened)[-2:] == ["held", "released"]

    def test_nothing_chosen(self, filled: Visitor) -> None:
        page = filled.post("/purge", {"csrf_token": filled.opened.door.csrf_token()})
        assert "No case was chosen" in page.html
