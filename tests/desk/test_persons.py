"""Every mention of a person is found, however the name is written, and what was decided is recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from portal.desk import cases, custody, holding, organising, persons
from portal.desk.cases import Case
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import Import
from tests.desk.played import TRAVEL, PlayedPortal, draft
from tests.desk.test_cli import Terminal
from tests.desk.two_desks import World

NAME = "Zoé Müller"
CASE = "2026-0001"


@pytest.fixture
def arrived(desk: Desk, importing: Import, portal: PlayedPortal) -> Any:
    """A case with this text and these answers."""

    def arrive(text: str = "Nothing.", answers: dict[str, Any] | None = None, **more: Any) -> Case:
        portal.file(draft(text, channel="travel", answers=answers or TRAVEL, **more), files=more.get("files", ()))
        importing(portal.export())
        return cases.find(desk.casebook, CASE)

    return arrive


def places(desk: Desk, name: str = NAME) -> list[str]:
    return [one.where for one in persons.search(desk.casebook, name)]


class TestWhere:
    def test_in_the_narrative(self, desk: Desk, arrived: Any) -> None:
        arrived(f"A man called {NAME} was there.")
        (one,) = persons.search(desk.casebook, NAME)
        assert one == persons.Mention(CASE, "narrative", "2026-11-25", f"A man called {NAME} was there.")

    def test_in_an_answer_also_of_a_group(self, desk: Desk, arrived: Any) -> None:
        arrived(answers={**TRAVEL, "place_name": NAME, "suspect": [{"appearance": f"{NAME} (staff)"}]})
        assert sorted(places(desk)) == ["answers.place_name", "answers.suspect"]

    def test_in_the_name_of_an_attachment(self, desk: Desk, arrived: Any) -> None:
        arrived(files=[b"x"], name="zoe_mueller.jpg")
        assert places(desk, "zoe") == ["attachment 1"]

    def test_in_a_note_an_answer_a_tag_and_a_hold(self, desk: Desk, arrived: Any) -> None:
        case = arrived()
        organising.note(desk, case, f"{NAME} called.")
        reply(desk, case, "question", f"Do you know {NAME}?", ["police"], desk.today)
        organising.tag(desk, case, ["müller"])
        holding.hold(desk, case, f"asked for by {NAME}")
        persons.decide(desk, case, "access", f"{NAME} may read it")
        assert sorted(places(desk, "Müller")) == ["answer 1", "decision", "hold", "note", "tag"]

    def test_in_what_only_the_log_remembers(self, desk: Desk, arrived: Any) -> None:
        case = arrived()
        organising.tag(desk, case, ["müller"])
        organising.tag(desk, case, ["müller"], remove=True)
        holding.hold(desk, case, NAME)
        holding.release(desk, case)
        assert places(desk, "müller") == ["log", "log"]

    def test_hashes_and_names_of_desks_are_no_mention(self, desk: Desk, arrived: Any) -> None:
        case = arrived()
        reply(desk, case, "question", "", ["police"], desk.today)
        for letter in "abcdef0123456789":
            assert places(desk, letter) in ([], ["narrative"]), letter

    def test_in_the_log_of_another_desk(self, world: World) -> None:
        organising.note(world.desk, world.case, f"{NAME} called.")
        world.take(world.hand_over()[1])
        assert places(world.other) == ["log of police"]

    def test_a_case_that_is_merged_is_looked_through(self, desk: Desk, arrived: Any) -> None:
        arrived(NAME)
        assert persons.search(desk.casebook, "nobody of this name") == []
        assert persons.not_looked_through(desk.casebook) == []


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Müller", "Mueller"),
        ("Mueller", "Müller"),
        ("Müller", "muller"),
        ("MÜLLER", "müller"),
        ("Mu\u0308ller", "Müller"),
        ("Goethe", "Göthe"),
        ("José Conceição", "jose conceicao"),
        ("Conceicao, Jose", "José Conceição"),
        ("Søren Kjær", "Soren Kjaer"),
        ("Soren", "Søren"),
        ("Łukasz", "Lukasz"),
        ("Weiß", "WEISS"),
        ("Weiss", "Weiß"),
        ("Jean-Pierre", "jean pierre"),
        ("O'Brien", "O'Brien"),
        ("Иванов", "ИВАНОВ"),
        ("Şahin Işık", "sahin isik"),
        ("@zoe_m", "@zoe_m"),
        ("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", "\u0645\u062d\u0645\u062f"),
    ],
)
def test_other_spellings(desk: Desk, arrived: Any, written: str, asked: str) -> None:
    arrived(f"It was {written}.")
    (one,) = persons.search(desk.casebook, asked)
    assert written in one.excerpt


@pytest.mark.parametrize(("written", "asked"), [("Smuller", "muller"), ("Miller", "Müller"), ("Zoé", "Zoé Müller")])
def test_what_is_another_name(desk: Desk, arrived: Any, written: str, asked: str) -> None:
    arrived(f"It was {written}.")
    assert places(desk, asked) == []


def test_an_excerpt_is_cut_out_of_a_long_text(desk: Desk, arrived: Any) -> None:
    arrived("ﬁ\u0308 ß " * 200 + NAME + " x" * 200)
    (one,) = persons.search(desk.casebook, "muller zoe")
    assert NAME.split()[1] in one.excerpt
    assert one.excerpt.startswith("…")
    assert one.excerpt.endswith("…")
    assert len(one.excerpt) < 120


@pytest.mark.parametrize("name", ["", "  ", "!?"])
def test_no_name(desk: Desk, name: str) -> None:
    with pytest.raises(DeskError, match="There is no name to look for"):
        persons.search(desk.casebook, name)


def test_the_log_says_that_somebody_was_looked_for_and_never_who(desk: Desk, arrived: Any) -> None:
    arrived(NAME)
    persons.record_search(desk, persons.search(desk.casebook, NAME))
    last = list(custody.records(desk.casebook))[-1]
    assert (last.entry.act, last.details) == ("person-searched", {"cases": 1, "mentions": 1})
    assert last.entry.case == ""


def test_decisions_are_recorded(desk: Desk, arrived: Any) -> None:
    case = arrived()
    persons.decide(desk, case, "restriction", " asked by letter\r\n")
    persons.decide(desk, case, "unrestricted", "")
    said = [(one.decision, one.note, one.person) for one in persons.decided(desk.casebook, case)]
    assert said == [("restriction", "asked by letter", "default"), ("unrestricted", "", "default")]
    acts = [record.entry.act for record in custody.records(desk.casebook, CASE)]
    assert acts[-4:] == ["request-decided", "restricted", "request-decided", "unrestricted"]


class TestCommand:
    @pytest.fixture
    def run(self, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
        return Terminal(passphrase_file, capsys)

    @pytest.fixture
    def filled(self, root: Path, portal: PlayedPortal, run: Terminal) -> Path:
        contact = {**TRAVEL, "contact": "details", "contact_name": NAME, "contact_email": "z@post.example"}
        portal.file(draft(f"{NAME} \x1b[31m", channel="travel", answers=contact))
        run("import", root, portal.export(), "--portal-key", portal.key_file)
        return root

    def test_mentions_and_a_decision(self, filled: Path, run: Terminal, tmp_path: Path) -> None:
        assert "Nobody of this name is mentioned." in run("person", filled, "Anna")
        said = run("person", filled, "zoe", "mueller")
        assert "narrative" in said
        assert "answers.contact_name" in said
        assert "\x1b" not in said
        assert "read before you decide" in run.advice
        (tmp_path / "why").write_text("by letter of 3 May")
        said = run("person", filled, CASE, "--decide", "restriction", "--note-file", tmp_path / "why")
        assert said == f"{CASE}: its use is restricted.\n"
        found = json.loads(run("person", filled, NAME, "--json"))
        assert {one["where"] for one in found} == {"narrative", "answers.contact_name"}
        assert all(one["restricted"] for one in found)
        assert "RESTRICTED" in run("person", filled, NAME)

    def test_erased_contact_data_are_pointed_out(self, filled: Path, run: Terminal) -> None:
        run("reply", filled, CASE, "--status", "closed")
        found = json.loads(run("person", filled, NAME, "--json"))
        assert [one["where"] for one in found] == ["narrative"]
        assert f"sealed still: {CASE}" in run.advice

    def test_lifting_a_restriction_lets_contact_data_go(self, filled: Path, run: Terminal) -> None:
        run("person", filled, CASE, "--decide", "restriction")
        run("reply", filled, CASE, "--status", "closed")
        assert "contact_name" in run("person", filled, NAME)
        run("person", filled, CASE, "--decide", "unrestricted")
        assert "contact_name" not in run("person", filled, NAME)

    def test_a_decision_on_several_is_taken_on_all_or_none(self, filled: Path, run: Terminal) -> None:
        assert "no case with this ID" in run.error("person", filled, CASE, "2026-0099", "--decide", "access")
        assert json.loads(run("show", filled, CASE, "--json"))["decisions"] == []
