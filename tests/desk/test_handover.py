"""The handover: two people at one desk, and what each has to know."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import cases, cli, custody, handover, organising, people, portals, session
from portal.desk.importing import import_bundle
from portal.desk.packing import make_pack
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft


@pytest.fixture
def two(root: Path, portal: PlayedPortal, channels: dict[str, Channel]) -> Path:
    """A desk of default and bob, with three cases that default imported."""
    for number in range(3):
        portal.file(draft(f"report {number}"))
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        people.let_in(desk, "bob", PASSPHRASE, 1)
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    return root


def look(root: Path, person: str = session.PERSON, *, end: bool = False) -> handover.Handover:
    with session.open_desk(root, PASSPHRASE, person, writing=True) as desk:
        found = handover.look(desk)
        if end:
            handover.seen(desk, found.entry)
    return found


def answer(desk: Desk, name: str, status: str) -> None:
    case = cases.find(desk.casebook, name)
    reply(desk, case, status, "", ["police"], desk.today)  # type: ignore[arg-type]


def test_what_is_open_and_waits(two: Path, tmp_path: Path) -> None:
    with session.open_desk(two, PASSPHRASE, writing=True) as desk:
        answer(desk, "2026-0001", "question")
        make_pack(desk, portals.find(desk.casebook, None), tmp_path / "pack")
        answer(desk, "2026-0001", "question")
        answer(desk, "2026-0002", "closed")
        organising.assign(desk, cases.find(desk.casebook, "2026-0003"), "bob")
    found = look(two, "bob")
    assert [(line.case.name, line.assigned) for line in found.open] == [("2026-0003", "bob")]
    assert [line.case.name for line in found.waiting] == ["2026-0001"]
    assert [(one.case.name, one.answers, one.pack) for one in found.outgoing] == [
        ("2026-0002", 1, None),
        ("2026-0001", 2, 1),
    ]


def test_what_is_overdue(two: Path) -> None:
    """Reports of 2026-11-25 at the end of November: the first look is late; what was answered is not."""
    with session.open_desk(two, PASSPHRASE, writing=True, clock=lambda: datetime(2026, 11, 30, tzinfo=UTC)) as desk:
        answer(desk, "2026-0002", "closed")
        found = handover.look(desk)
    assert [(line.case.name, line.due[0].why) for line in found.overdue] == [
        ("2026-0001", "look"),
        ("2026-0003", "look"),
    ]


def test_a_duplicate_is_not_open_beside_its_main_case(two: Path) -> None:
    with session.open_desk(two, PASSPHRASE, writing=True) as desk:
        first, second = (cases.find(desk.casebook, name).id for name in ("2026-0001", "2026-0002"))
        desk.casebook.run("UPDATE cases SET merged_into = ? WHERE id = ?", first, second)
    assert [line.case.name for line in look(two).open] == ["2026-0001", "2026-0003"]


def test_what_changed_since_the_last_visit(two: Path) -> None:
    first = look(two, "bob", end=True)
    assert first.since is None
    assert sorted(change.case for change in first.changed) == ["2026-0001", "2026-0002", "2026-0003"]
    assert [entry.act for entry in first.desk] == ["person-added", "portal-pinned"]

    with session.open_desk(two, PASSPHRASE, writing=True) as desk:
        answer(desk, "2026-0002", "question")
        answer(desk, "2026-0001", "closed")
        answer(desk, "2026-0002", "closed")
    with session.open_desk(two, PASSPHRASE, "bob", writing=True) as desk:
        organising.note(desk, cases.find(desk.casebook, "2026-0003"), "mine")
    second = look(two, "bob")
    assert second.since is not None
    assert [(change.case, [entry.act for entry in change.entries]) for change in second.changed] == [
        ("2026-0002", ["replied", "replied"]),
        ("2026-0001", ["replied"]),
    ]
    assert second.desk == []
    assert look(two).changed[0].case == "2026-0003"
    assert look(two, "bob") == second
    look(two, "bob", end=True)
    assert look(two, "bob").changed == []


def test_a_visit_ends_where_it_was_shown(two: Path) -> None:
    """What came in between is shown the next time, and nobody goes back."""
    shown = look(two, "bob")
    with session.open_desk(two, PASSPHRASE, writing=True) as desk:
        answer(desk, "2026-0001", "closed")
    with session.open_desk(two, PASSPHRASE, "bob", writing=True) as desk:
        handover.seen(desk, shown.entry)
        assert [change.case for change in handover.look(desk).changed] == ["2026-0001"]
        last = custody.head(desk.casebook).number
        handover.seen(desk, last)
        handover.seen(desk, 1)
        assert handover.look(desk).changed == []
        for wrong in (-1, last + 1):
            with pytest.raises(DeskError, match="no entry"):
                handover.seen(desk, wrong)


def test_who_joins_under_an_old_name_has_not_been_here(two: Path) -> None:
    look(two, "bob", end=True)
    with session.open_desk(two, PASSPHRASE, writing=True) as desk:
        people.remove(desk, "bob")
    with session.open_desk(two, PASSPHRASE, writing=True) as desk:
        people.let_in(desk, "bob", PASSPHRASE, 1)
    assert look(two, "bob").since is None


def test_the_command(two: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["handover", str(two), "--passphrase-file", str(passphrase_file), "--person", "bob"]
    assert cli.main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["person"] == "bob"
    assert [one["id"] for one in said["open"]] == ["2026-0001", "2026-0002", "2026-0003"]
    assert {entry["act"] for one in said["changed"] for entry in one["entries"]} == {"imported"}
    assert cli.main([*command, "--seen"]) == 0
    shown = capsys.readouterr().out
    assert "Open: 3" in shown
    assert "Overdue: " in shown
    assert "2026-0001  website, received, with nobody" in shown
    assert cli.main(command) == 0
    assert "Changed: 0" in capsys.readouterr().out
