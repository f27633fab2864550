"""Several cases at once: ticked in the inbox or in what was found, and given to somebody or answered together."""

import pytest

from portal.desk import keyring, organising, rekeying
from portal.desk.cases import find
from portal.desk.session import working
from tests.desk.web.filled import acts
from tests.desk.web.visiting import Visitor
from tests.web.browser import Page

BOTH = ["2026-0001", "2026-0002"]


@pytest.fixture
def at(filled: Visitor) -> Visitor:
    """Two cases, and a colleague called anna."""
    door = filled.opened.door
    with working(door.place, door.keyring(), writing=True) as desk, desk.casebook.transaction():
        rekeying.let_in(desk.casebook, keyring.generate_own(desk.name, "anna"))
    return filled


def whose(at: Visitor) -> list[str | None]:
    with working(at.opened.door.place, at.opened.door.keyring()) as desk:
        return [organising.assigned(desk.casebook, find(desk.casebook, name)) for name in BOTH]


def ticks(page: Page) -> list[str]:
    return [box.attributes["value"] for box in page.find("input", type="checkbox", name="id")]


def give(at: Visitor, ids: str, to: str = "anna", why: str = "") -> Page:
    return at.submit(at.get("/several/give").form("/several/give"), {"ids": ids, "to": to, "why": why})


def test_ticked_in_the_inbox(at: Visitor) -> None:
    page = at.get("/")
    assert sorted(ticks(page)) == BOTH
    form = page.form("/several")
    assert form.element.attributes["method"] == "get"
    (together,) = [button for button in page.find("button") if "Answer the ticked" in button.text]
    (to_somebody,) = page.find("button", formaction="/several/give")
    assert form.element in together.within
    assert form.element in to_somebody.within
    address = "&".join(f"id={name}" for name in BOTH)
    assert at.get(f"/several?{address}").form("/several").values["ids"].split() == BOTH
    assert at.get(f"/several/give?{address}").form("/several/give").values["ids"].split() == BOTH


def test_ticked_in_what_was_found(at: Visitor) -> None:
    page = at.submit(at.get("/search").form("/search"), {"channel": "travel"})
    assert len(ticks(page)) == 1
    assert "Nobody has it." in page.html
    assert "Nobody has looked at it" in page.html


def test_a_case_that_is_found_twice_is_ticked_once(at: Visitor) -> None:
    for name in BOTH:
        for _ in range(2):
            form = at.get(f"/case/{name}/note").form("/note")
            at.follow(at.submit(form, {"text": "A lighthouse."}))
    page = at.submit(at.get("/search").form("/search"), {"words": "lighthouse"})
    assert "4 texts found" in page.html
    assert sorted(ticks(page)) == BOTH


def test_given_with_a_reason(at: Visitor) -> None:
    page = at.follow(give(at, "2026-0001, 2026-0002 2026-0001", why="I am away."))
    assert "2 cases with anna now: 2026-0001, 2026-0002." in page.successes
    assert whose(at) == ["anna", "anna"]
    assert acts(at.opened)[-4:] == ["noted", "assigned", "noted", "assigned"]
    assert at.get("/").html.count("<td>anna</td>") == 2
    at.follow(give(at, "2026-0002", to=""))
    assert whose(at) == ["anna", None]


@pytest.mark.parametrize(
    ("ids", "to", "said"),
    [
        (" , ", "anna", "No case was ticked"),
        ("2026-0001 2026-0009<b>", "anna", "There is no case 2026-0009<b>"),
        ("2026-0001", "nobody-here", "Nobody called nobody-here works at this desk"),
    ],
)
def test_nothing_is_given(at: Visitor, ids: str, to: str, said: str) -> None:
    page = give(at, ids, to, "A reason.")
    assert page.status == 409
    assert said in page.alerts
    assert "<b>" not in page.html
    assert page.form("/several/give").values["why"] == "A reason."
    assert whose(at) == [None, None]
