"""The page of a case: what colleagues leave each other, what may not be done with it, and what was there before."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.channels import Channel
from portal.desk import cases, custody, holding, keyring, labelling, organising, persons, preferences, purging, rekeying
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk, working
from portal.report import Draft
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.web.filled import urgent
from tests.desk.web.visiting import Opened, Visitor
from tests.web.browser import Page

EVIL = "<b>bold</b> \u202e"
CASE = "/case/2026-0001"


@contextmanager
def inside(opened: Opened) -> Iterator[Desk]:
    with working(opened.door.place, opened.door.keyring(), writing=True, clock=opened.clock) as desk:
        yield desk


def case(desk: Desk, name: str = "2026-0001") -> cases.Case:
    return cases.find(desk.casebook, name)


@pytest.fixture
def at(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> Visitor:
    """Somebody at a desk with one case, where one colleague works as well."""
    portal.file(draft())
    with inside(visitor.opened) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        with desk.casebook.transaction():
            rekeying.let_in(desk.casebook, keyring.generate_own(desk.name, "anna"))
    return visitor


def send(at: Visitor, action: str, values: dict[str, str], page: str = CASE) -> Page:
    return at.submit(at.get(page).form(action), values)


def acts(at: Visitor) -> list[str]:
    """What was done with the case, but for looking at it."""
    with inside(at.opened) as desk:
        found = [record.entry.act for record in custody.records(desk.casebook, "2026-0001")]
    return [act for act in found if act != "viewed"]


class TestNotes:
    def test_a_note_stands_in_the_thread(self, at: Visitor) -> None:
        page = at.follow(send(at, f"{CASE}/note", {"text": EVIL}, f"{CASE}/note"))
        assert "Note by default" in page.html
        assert "&lt;b&gt;bold&lt;/b&gt;" in page.html
        assert "\u202e" not in page.html
        assert "noted" in acts(at)
        assert "&lt;b&gt;bold" in at.get(f"{CASE}/note").html

    def test_an_empty_one_is_refused_in_place(self, at: Visitor) -> None:
        page = send(at, f"{CASE}/note", {"text": " "}, f"{CASE}/note")
        assert page.status == 409
        assert "The note is empty" in page.alerts

    def test_what_was_typed_too_long_is_given_back(self, at: Visitor) -> None:
        page = send(at, f"{CASE}/note", {"text": "long " * 6_000}, f"{CASE}/note")
        assert page.status == 409
        assert "long long" in page.form(f"{CASE}/note").values["text"]


class TestTags:
    def test_added_and_taken_away(self, at: Visitor) -> None:
        page = at.follow(send(at, f"{CASE}/tags", {"tags": "hotel, thailand"}))
        assert [tag.text for tag in page.find("span", class_="tag")] == ["hotel", "thailand"]
        button = next(page.find("button", name="remove", value="hotel"))
        assert button.text == "Remove hotel"
        values = {"csrf_token": page.form(f"{CASE}/tags").values["csrf_token"], "remove": "hotel"}
        page = at.follow(at.post(f"{CASE}/tags", values))
        assert [tag.text for tag in page.find("span", class_="tag")] == ["thailand"]

    @pytest.mark.parametrize(("typed", "said"), [(" , ", "There is no tag"), ("<b>", "A tag is one word")])
    def test_what_is_none(self, at: Visitor, typed: str, said: str) -> None:
        page = send(at, f"{CASE}/tags", {"tags": typed})
        assert page.status == 409
        assert said in page.html
        assert list(at.get(CASE).find("span", class_="tag")) == []


class TestWhoseCase:
    def test_taken(self, at: Visitor) -> None:
        assert "Nobody has it." in at.get(CASE).html
        page = at.follow(send(at, f"{CASE}/take", {}))
        assert "You have it." in page.html
        assert not [form for form in page.forms() if form.action.endswith("/take")]

    def test_handed_on_with_a_reason(self, at: Visitor) -> None:
        answer = send(at, f"{CASE}/hand-on", {"to": "anna", "why": "I know the hotel."})
        assert answer.headers["Location"] == "/"
        page = at.get(CASE)
        assert "anna has it." in page.html
        assert "I know the hotel." in page.html
        assert acts(at)[-2:] == ["noted", "assigned"]

    def test_handed_on_without_one(self, at: Visitor) -> None:
        send(at, f"{CASE}/hand-on", {"to": "anna"})
        with inside(at.opened) as desk:
            assert organising.assigned(desk.casebook, case(desk)) == "anna"
            assert organising.notes(desk.casebook, case(desk)) == []

    def test_given_back(self, at: Visitor) -> None:
        send(at, f"{CASE}/take", {})
        send(at, f"{CASE}/hand-on", {"to": ""})
        assert "Nobody has it." in at.get(CASE).html

    def test_to_nobody_who_works_here(self, at: Visitor) -> None:
        page = send(at, f"{CASE}/hand-on", {"to": "mallory", "why": "kept words"})
        assert page.status == 409
        assert "Nobody called mallory works at this desk" in page.html
        assert "kept words" in page.html
        with inside(at.opened) as desk:
            assert organising.notes(desk.casebook, case(desk)) == []


def test_a_hold_is_shown_with_its_reason(at: Visitor) -> None:
    with inside(at.opened) as desk:
        holding.hold(desk, case(desk), EVIL)
    html = at.get(CASE).html
    assert "It is kept, whatever the rules say." in html
    assert "&lt;b&gt;bold" in html


def test_a_restriction_is_shown_until_it_ends(at: Visitor) -> None:
    with inside(at.opened) as desk:
        persons.decide(desk, case(desk), "restriction", "asked by letter")
    html = at.get(CASE).html
    assert "Its use is restricted." in html
    assert "asked by letter" in html
    with inside(at.opened) as desk:
        persons.decide(desk, case(desk), "unrestricted", "settled")
    html = at.get(CASE).html
    assert "Its use is restricted." not in html
    assert "its use is not restricted any more" in html


def test_a_case_that_was_erased_before(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
    keys = reporter()
    portal.file(draft(), keys)
    with inside(visitor.opened) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        purging.purge(desk, [case(desk)], channels)
        portal.file(draft("Once more.", kind="message"), keys)
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        (name,) = [one.name for one in cases.listed(desk.casebook)]
    html = visitor.get(f"/case/{name}").html
    assert "The reporter wrote here before." in html
    assert "That was case 2026-0001." in html


class TestWhatAReporterWrote:
    def test_narratives_are_folded_under_a_neutral_line(self, filled: Visitor) -> None:
        page = filled.get(f"/case/{urgent(filled)}")
        summaries = [element.text for element in page.find("summary")]
        assert any("Report in English, a few words, 1 attachment" in text for text in summaries)
        assert not any("alert" in text for text in summaries)
        assert all("open" not in element.attributes for element in page.find("details"))

    def test_what_a_reporter_wrote_is_inert(self, filled: Visitor) -> None:
        page = filled.get(f"/case/{urgent(filled)}")
        assert "<script>" not in page.html
        assert "http://evil" not in page.html
        assert "hxxp://evil[.]example/x &lt;U+202E&gt;" in page.html
        assert "\u202e" not in page.html
        assert "\x1b" not in page.html

    def test_one_that_is_not_there(self, filled: Visitor) -> None:
        assert "no case with this number" in filled.get("/case/2020-0001").html


def test_what_to_do_next_follows_what_the_reporter_wrote(
    visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    keys = reporter()
    says = "the reporter has written since our last answer"

    def comes(said: Draft) -> None:
        portal.file(said, keys)
        with inside(visitor.opened) as desk:
            import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))

    comes(draft())
    assert "read it, then answer the reporter" in visitor.get(CASE).html
    with inside(visitor.opened) as desk:
        reply(desk, case(desk), "question", "Where?", ["police"], desk.today)
    assert "wait for what the reporter writes" in visitor.get(CASE).html
    comes(draft("There.", kind="message"))
    for _ in range(2):
        assert says in visitor.get(CASE).html, "looking at it is no answer"
    with inside(visitor.opened) as desk:
        reply(desk, case(desk), "closed", "Thank you.", ["police"], desk.today)
    assert says not in visitor.get(CASE).html


def test_questions_and_choices_are_in_the_language_of_the_desk(at: Visitor) -> None:
    assert "What is shown there?" in at.get(CASE).html
    with inside(at.opened) as desk:
        preferences.put(desk, labelling.LANGUAGE.key, "fr")
    assert "Que voit-on" in at.get(CASE).html
