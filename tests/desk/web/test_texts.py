"""The texts of answers on the page."""

import pytest

from portal.desk import templating
from tests.desk.web.filled import acts
from tests.desk.web.visiting import Visitor
from tests.web.browser import Form


def form(visitor: Visitor, status: str, language: str = "en") -> Form:
    page = visitor.get(f"/texts?language={language}")
    return next(form for form in page.forms() if form.values.get("status") == status)


def test_saved_and_brought_back(visitor: Visitor) -> None:
    shipped = templating.shipped()["closed"]["fr"]
    assert form(visitor, "closed", "fr").values["text"] == shipped
    page = visitor.follow(visitor.submit(form(visitor, "closed", "fr"), {"text": "Au revoir <b>."}))
    assert "The text for “Closed” is saved." in page.successes
    assert [tag.text for tag in page.find("span", class_="tag")] == ["this desk's own"]
    assert form(visitor, "closed", "fr").values["text"] == "Au revoir <b>."
    assert form(visitor, "closed", "en").values["text"] == templating.shipped()["closed"]["en"]
    visitor.follow(visitor.submit(form(visitor, "closed", "fr"), {"reset": "yes"}))
    assert form(visitor, "closed", "fr").values["text"] == shipped
    assert acts(visitor.opened)[-2:] == ["settings-changed"] * 2


@pytest.mark.parametrize("values", [{"text": "x" * 4001}, {"status": "nonsense"}, {"language": "xx"}])
def test_what_is_wrong_is_said(visitor: Visitor, values: dict[str, str]) -> None:
    page = visitor.submit(form(visitor, "closed"), {"text": "Kept.", **values})
    assert page.status == 409
    assert page.alerts
    assert values.get("text", "Kept.") in page.html or "status" in values
    assert "settings-changed" not in acts(visitor.opened)
