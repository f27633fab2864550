"""The check of the desk on the page."""

from tests.desk.web.visiting import Visitor


def test_proof(filled: Visitor) -> None:
    page = filled.done(filled.submit(filled.get("/verify").form("/verify")))
    assert "Whole: nothing was changed." in page.html
    item = next((filled.opened.root / "sealed").iterdir())
    item.write_bytes(item.read_bytes()[:-1] + b"x")
    page = filled.done(filled.submit(filled.get("/verify").form("/verify")))
    assert page.alerts
    assert filled.submit(filled.get("/verify").form("/verify"), {"head": "nonsense"}).status == 409
