"""Settings on the page: in words, with units, and every one of them somewhere."""

from typing import Any

import pytest

from portal.desk import backup_place, care, deadlines, preferences, retention, staff
from portal.desk.session import working
from portal.desk.staff import Staff
from portal.desk.web import wishes
from tests.desk.web.filled import acts
from tests.desk.web.visiting import Visitor
from tests.web.browser import Page


def send(visitor: Visitor, section: str, **values: str) -> Page:
    form = next(form for form in visitor.get("/settings").forms() if form.values.get("section") == section)
    return visitor.submit(form, values)


def value(visitor: Visitor, key: str) -> Any:
    with working(visitor.opened.door.place, visitor.opened.door.keyring()) as desk:
        return preferences.value(desk.casebook, preferences.find(key))


def test_every_setting_has_its_place() -> None:
    on_the_page = {setting.key for section in wishes.SECTIONS.values() for setting in section.settings}
    elsewhere = {backup_place.PLACE.key, care.WITHOUT.key}
    assert on_the_page | elsewhere == {setting.key for setting in preferences.defined()}


def test_deadlines_in_days(visitor: Visitor) -> None:
    before = len(acts(visitor.opened))
    page = visitor.follow(send(visitor, "deadlines", **{deadlines.LOOK.key: "3", deadlines.QUESTION.key: " "}))
    assert "The settings are saved." in page.successes
    assert (value(visitor, deadlines.LOOK.key), value(visitor, deadlines.QUESTION.key)) == (3, None)
    assert value(visitor, deadlines.ANSWER.key) == 7
    assert acts(visitor.opened)[before:] == ["settings-changed"] * 2, "what was not changed is not written"
    field = visitor.get("/settings").by_id(deadlines.QUESTION.key)
    assert field is not None
    assert field.attributes["value"] == ""
    visitor.follow(send(visitor, "deadlines", reset="yes"))
    assert (value(visitor, deadlines.LOOK.key), value(visitor, deadlines.QUESTION.key)) == (2, 14)


@pytest.mark.parametrize("typed", ["two", "-1", "1.5", "99999", "٣"])
def test_no_number_of_days(visitor: Visitor, typed: str) -> None:
    page = send(visitor, "deadlines", **{deadlines.LOOK.key: "5", deadlines.ANSWER.key: typed})
    assert page.status == 409
    assert page.alerts
    field = page.by_id(deadlines.ANSWER.key)
    assert field is not None
    assert field.attributes["value"] == typed
    assert value(visitor, deadlines.LOOK.key) == 2, "all of it, or nothing"


def test_how_long_cases_stay(visitor: Visitor) -> None:
    said = {"outside_remit_days": "10", "review_days": "", "controller": "Us <b>", "regime": "gdpr"}
    visitor.follow(send(visitor, "retention", **said))
    rules = value(visitor, retention.KEY)
    assert (rules.outside_remit_days, rules.review_days, rules.controller) == (10, None, "Us <b>")
    assert rules.regime == "gdpr"
    assert rules.erase_contact, "a box that was ticked, and stays so"
    assert "Us &lt;b&gt;" in visitor.get("/settings").html
    assert send(visitor, "retention", regime="none").status == 409


def test_colleagues_one_a_line(visitor: Visitor) -> None:
    lines = "Ana Alves; ana@example.org; 26 12 34 56;\r\n\r\n Bo ;5, rue Longue"
    visitor.follow(send(visitor, "staff", people=lines))
    people = value(visitor, staff.KEY)
    assert people == [Staff("Ana Alves", ["ana@example.org"], ["26 12 34 56"]), Staff("Bo", ["5, rue Longue"])]
    assert visitor.get("/settings").text("people").strip() == (
        "Ana Alves; ana@example.org; 26 12 34 56\nBo; 5, rue Longue"
    )
    assert "begins without a name" in send(visitor, "staff", people="; a@b.example").alerts


def test_breaks(visitor: Visitor) -> None:
    visitor.follow(send(visitor, "breaks", cases="25"))
    assert value(visitor, care.BREAK_AFTER.key) == 25
    visitor.follow(send(visitor, "breaks", cases=""))
    assert value(visitor, care.BREAK_AFTER.key) == 0
    assert send(visitor, "breaks", cases="often").status == 409


def test_no_such_section(visitor: Visitor) -> None:
    token = {"csrf_token": visitor.opened.door.csrf_token(), "section": "nonsense"}
    assert visitor.post("/settings", token).status == 409


def test_the_language_of_the_forms(visitor: Visitor) -> None:
    visitor.follow(send(visitor, "labels", language="fr"))
    assert value(visitor, "labels") == "fr"
    assert send(visitor, "labels", language="xx").status == 409
    assert value(visitor, "labels") == "fr"
