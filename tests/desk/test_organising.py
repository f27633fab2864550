"""Notes, assignments and tags, by their functions and by their commands."""

import json
from pathlib import Path

import pytest

from portal.desk import cases, cli, custody, organising
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft


@pytest.fixture
def case(desk: Desk, importing: Import, portal: PlayedPortal) -> Case:
    portal.file(draft())
    importing(portal.export())
    return cases.find(desk.casebook, "2026-0001")


def test_a_note(desk: Desk, case: Case) -> None:
    organising.note(desk, case, " Called the school.\r\n")
    organising.note(desk, case, "No answer.")
    assert [(note.person, note.text) for note in organising.notes(desk.casebook, case)] == [
        ("default", "Called the school."),
        ("default", "No answer."),
    ]
    assert [record.entry.act for record in custody.records(desk.casebook, case.name)][-2:] == ["noted", "noted"]


@pytest.mark.parametrize(("text", "says"), [("", "empty"), (" \n", "empty"), ("é" * 12_001, "longer than 24,000")])
def test_notes_that_are_refused(desk: Desk, case: Case, text: str, says: str) -> None:
    with pytest.raises(DeskError, match=says):
        organising.note(desk, case, text)
    assert organising.notes(desk.casebook, case) == []


def test_whose_case_it_is(desk: Desk, case: Case) -> None:
    assert organising.assigned(desk.casebook, case) is None
    organising.assign(desk, case, "default")
    assert organising.assigned(desk.casebook, case) == "default"
    with pytest.raises(DeskError, match="Nobody called carl works at this desk"):
        organising.assign(desk, case, "carl")
    assert organising.assigned(desk.casebook, case) == "default"
    organising.assign(desk, case, None)
    assert organising.assigned(desk.casebook, case) is None


def test_all_or_none_are_given(desk: Desk, case: Case, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("A second one."))
    importing(portal.export())
    both = [case, cases.find(desk.casebook, "2026-0002")]
    with pytest.raises(DeskError, match="The note is longer"):
        organising.assign_all(desk, both, "default", "x" * (organising.NOTE_BYTES + 1))
    assert [organising.assigned(desk.casebook, one) for one in both] == [None, None]
    organising.assign_all(desk, both, "default", "I am away.")
    assert [organising.assigned(desk.casebook, one) for one in both] == ["default", "default"]
    assert [[note.text for note in organising.notes(desk.casebook, one)] for one in both] == [["I am away."]] * 2


def test_tags(desk: Desk, case: Case) -> None:
    organising.tag(desk, case, ["hôtel", "pattaya"])
    organising.tag(desk, case, ["pattaya"])
    assert organising.tags(desk.casebook, case) == ["hôtel", "pattaya"]
    organising.tag(desk, case, ["hôtel", "other"], remove=True)
    assert organising.tags(desk.casebook, case) == ["pattaya"]


@pytest.mark.parametrize("name", ["", "two words", "x" * 33, "<b>", "-x", "\u202e", "a\n"])
def test_what_is_no_tag(desk: Desk, case: Case, name: str) -> None:
    with pytest.raises(DeskError, match="A tag is one word"):
        organising.tag(desk, case, ["good", name])
    assert organising.tags(desk.casebook, case) == []


def test_the_commands(
    root: Path, portal: PlayedPortal, passphrase_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(command: str, *words: str | Path) -> str:
        assert cli.main([*map(str, [command, root, *words, "--passphrase-file", passphrase_file])]) == 0
        return capsys.readouterr().out

    portal.file(draft())
    run("import", portal.export(), "--portal-key", portal.key_file)
    (tmp_path / "note").write_text("Called \x1b[31mthe school.")
    assert run("note", "2026-0001", "--text-file", tmp_path / "note") == "The note is on case 2026-0001.\n"
    assert "is with default now" in run("assign", "2026-0001", "default")
    assert run("tag", "2026-0001", "school", "urgent") == "Tags of case 2026-0001: school, urgent\n"
    shown = run("notes", "2026-0001")
    assert shown.startswith("Case 2026-0001, with default\nTags: school, urgent\n")
    assert "\x1b" not in shown
    assert json.loads(run("notes", "2026-0001", "--json"))["tags"] == ["school", "urgent"]
    for wrong in ([], ["default", "--nobody"]):
        assert cli.main(["assign", str(root), "2026-0001", *wrong, "--passphrase-file", str(passphrase_file)]) == 1
        assert "Say whose case it is" in capsys.readouterr().err
    assert "is with nobody now" in run("assign", "2026-0001", "--nobody")
    portal.file(draft("A second one."))
    run("import", portal.export())
    both = run("assign", "2026-0001", "default", "--also", "2026-0002", "2026-0001")
    assert both == "Cases 2026-0001, 2026-0002 are with default now.\n"
