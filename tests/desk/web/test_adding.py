"""A report that came in another way, on the page."""

import pytest

from tests.desk.web.filled import EVIL, acts
from tests.desk.web.visiting import Visitor


class TestAdd:
    def test_a_call(self, visitor: Visitor) -> None:
        form = visitor.get("/add").form("/add")
        said = {"channel": "website", "immediate_danger": "yes", "text": EVIL, "urls": "http://evil.example/a\r\n"}
        page = visitor.follow(visitor.submit(form, said))
        assert "It came by telephone." in page.html
        assert "! Urgent" in page.html
        assert acts(visitor.opened)[-2:] == ["added", "viewed"]

    @pytest.mark.parametrize("values", [{"received": "yesterday"}, {"channel": "nonsense"}, {"source": "nonsense"}])
    def test_what_is_wrong_is_said_and_kept(self, visitor: Visitor, values: dict[str, str]) -> None:
        page = visitor.submit(visitor.get("/add").form("/add"), {"channel": "other", "text": "Kept.", **values})
        assert page.status == 409
        assert page.alerts
        assert page.form("/add").values["text"] == "Kept."
