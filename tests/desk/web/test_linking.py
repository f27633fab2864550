"""Joining cases on the page: what they share, one of two for the lists, separated again; nothing of a stranger acts."""

import pytest

from portal.channels import Channel
from portal.desk import cases, linking
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from tests.desk.played import PlayedPortal, draft
from tests.desk.web.test_case import inside
from tests.desk.web.visiting import Visitor
from tests.web.browser import Page

EVIL = "<script>alert(1)</script> \u202e\x1b[31m click.example"
ONE, TWO, THREE = (f"/case/2026-000{number}" for number in (1, 2, 3))


@pytest.fixture
def at(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> Visitor:
    """Somebody at a desk with three cases; the first two report the same page."""
    bring(visitor, portal, channels, "http://bad.example/a", "http://bad.example/a", "http://other.example/")
    return visitor


def bring(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel], *urls: str, poster: str = "") -> None:
    for url in urls:
        answers = {"urls": [url], **({"poster": poster} if poster else {})}
        portal.file(draft(answers=answers, version=9 if poster else 1))
        with inside(visitor.opened) as desk:
            import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))


def join(at: Visitor, case: str, **values: str) -> Page:
    return at.submit(at.get(f"{case}/merge").form(f"{case}/merge"), values)


def merged(at: Visitor) -> dict[str, str | None]:
    with inside(at.opened) as desk:
        return {case.name: case.merged_into for case in cases.listed(desk.casebook, merged=True) if case.merged_into}


def test_what_they_share_is_on_both_pages(at: Visitor) -> None:
    for case, other in ((ONE, TWO), (TWO, ONE)):
        page = at.get(case)
        assert "Also seen in" in page.html
        assert "bad[.]example/a" in page.html
        assert "in 2 reports" in page.html
        assert list(page.find("a", href=other))
    assert "Also seen in" not in at.get(THREE).html


def test_joined_with_one_that_shares_something_and_separated(at: Visitor) -> None:
    page = at.get(f"{TWO}/merge")
    assert [box.attributes["value"] for box in page.find("input", name="other")] == ["2026-0001"]
    answer = join(at, TWO, other="2026-0001")
    assert answer.headers["Location"] == ONE
    page = at.follow(answer)
    assert "Joined with this case" in page.html
    assert "New since" in page.html
    assert list(page.find("a", href="/several?id=2026-0001&id=2026-0002"))
    assert merged(at) == {"2026-0002": "2026-0001"}
    assert list(at.get("/").find("a", href=TWO)), "nobody has looked at it yet"
    page = at.get(TWO)
    assert "Joined with case" in page.html
    assert not list(at.get("/?show=all").find("a", href=TWO))
    assert "New since" not in at.get(ONE).html, "it was shown"
    assert f"{TWO}/unmerge" not in [form.action for form in at.get(f"{ONE}/merge").forms()]
    page = at.follow(at.submit(page.form(f"{TWO}/unmerge")))
    assert page.successes == "Case 2026-0002 is separated again from 2026-0001."
    assert "Lists show that one for both" not in page.html
    assert merged(at) == {}


def test_the_main_one_can_be_this_one(at: Visitor) -> None:
    assert join(at, THREE, typed="2026-0001", main="this").headers["Location"] == THREE
    assert merged(at) == {"2026-0001": "2026-0003"}
    page = at.get(f"{THREE}/merge")
    assert [box.attributes["value"] for box in page.find("input", name="main") if "checked" in box.attributes] == [
        "this"
    ]
    page = at.follow(at.submit(at.get(THREE).form("/case/2026-0001/unmerge")))
    assert merged(at) == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Choose the other case"),
        ({"typed": "2026-0009"}, "There is no case with this ID"),
        ({"typed": "2026-0002"}, "cannot be merged into itself"),
        ({"typed": EVIL.replace("\x1b", "")}, "There is no case with this ID"),
    ],
)
def test_what_is_wrong_is_said_and_kept(at: Visitor, values: dict[str, str], said: str) -> None:
    page = join(at, TWO, **values, main="this")
    assert page.status == 409
    assert said in page.alerts
    form = page.form(f"{TWO}/merge").values
    assert (form["typed"], form["main"]) == (values.get("typed", ""), "this")
    assert merged(at) == {}


def test_one_that_is_joined_already(at: Visitor) -> None:
    join(at, TWO, other="2026-0001")
    page = at.get(f"{TWO}/merge")
    assert "It is joined with case" in page.html
    assert [form.action for form in page.forms() if form.action.startswith("/case/")] == [f"{TWO}/unmerge"]
    page = join(at, THREE, typed="2026-0002")
    assert page.status == 409
    assert "2026-0002 is itself merged into 2026-0001" in page.alerts


def test_each_reporter_is_answered_alone(at: Visitor) -> None:
    join(at, TWO, other="2026-0001")
    for case, other in ((ONE, "2026-0002"), (TWO, "2026-0001")):
        assert f"1 other report about the same: {other}." in at.get(f"{case}/reply").html
    assert "about the same" not in at.get(f"{THREE}/reply").html


@pytest.mark.parametrize("rest", ["/refer", "/transfer"])
def test_what_leaves_the_desk_is_one_report(at: Visitor, rest: str) -> None:
    join(at, TWO, other="2026-0001")
    for case, other in ((ONE, TWO), (TWO, ONE)):
        page = at.get(case + rest)
        assert "1 other report about the same is joined with this one, and goes on its own" in page.html
        assert list(page.find("a", href=other))
    assert "about the same" not in at.get(THREE + rest).html


def test_what_several_have_is_folded(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
    bring(visitor, portal, channels, *(f"http://bad.example/{number}" for number in range(5)))
    page = visitor.get(ONE)
    assert "in 5 reports. The others: New (4)" in page.html
    assert len(list(page.find("a", href=TWO))) == 1


def test_what_many_have_is_a_number(
    visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "LISTED", 1)
    bring(visitor, portal, channels, *(f"http://platform.example/{number}" for number in range(3)))
    page = visitor.get(ONE)
    assert "in 3 reports. The others: New (2)" in page.html
    assert "2 other cases, too many to be listed" in page.html
    assert not list(page.find("a", href=TWO))


def test_nothing_of_a_stranger_acts(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
    url = f"http://bad.example/{EVIL}".replace(" ", "")
    bring(visitor, portal, channels, url, url, poster=EVIL)
    for path in (ONE, f"{ONE}/merge"):
        page = visitor.get(path)
        assert "&lt;script&gt;alert(1)" in page.html
        assert not list(page.find("script"))
        assert not page.problems
        for text in ("\u202e", "\x1b", "click.example", "bad.example"):
            assert text not in page.html
        assert all(link.attributes["href"].startswith(("/", "#")) for link in page.find("a"))
