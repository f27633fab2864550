"""What happens when a message is stored, and how it is made again."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.desk import arriving, cases, session, triage
from portal.desk.replies import reply
from portal.desk.session import Desk
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.test_triage import OWN

_TABLES = ("passages", "texts", "marks", "flags", "notes", "tags", "looks")
_HIDDEN = "Pat\u200btaya\u202e \u00adhotel\x00"


def kept(desk: Desk) -> dict[str, list[Any]]:
    """Everything that is kept beside the messages, without the numbers of rows."""
    casebook = desk.casebook
    return {
        "texts": sorted(
            casebook.all("SELECT case_id, kind, source, day, body FROM passages p JOIN texts t ON t.rowid = p.id")
        ),
        "marks": casebook.all("SELECT * FROM marks"),
        "flags": casebook.all("SELECT * FROM flags"),
        "cases": casebook.all("SELECT id, urgent, said, asks FROM cases"),
    }


@pytest.fixture
def filled(desk: Desk, portal: PlayedPortal, importing: Import) -> Desk:
    """One case: an urgent travel report with a follow-up, a note and an answer."""
    keys = reporter()
    answers = {"immediate_danger": "yes", "country": "TH", "city": _HIDDEN.replace("\x00", ""), "place_type": "hotel"}
    portal.file(draft("Das Mädchen", channel="travel", answers=answers), keys)
    portal.file(draft("see http://bad.example/a", channel="travel", kind="message"), keys)
    importing(portal.export())
    case = cases.find(desk.casebook, "2026-0001")
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT INTO notes (case_id, person, at, text) VALUES (?, 'anna', '2026-11-25T08:00:00Z', 'Seen before')",
            case.id,
        )
    reply(desk, case, "question", "Where was it?", ["police"], date(2026, 11, 26))
    return desk


def test_texts_marks_flags_and_urgency(filled: Desk) -> None:
    found = kept(filled)
    texts = {(kind, body) for _, kind, _, _, body in found["texts"]}
    assert ("narrative", "Das Mädchen") in texts
    assert ("note", "Seen before") in texts
    assert ("reply", "Where was it?") in texts
    (answers,) = [body for kind, body in texts if kind == "answers"]
    assert answers.startswith("Thailand / Thaïlande")
    assert answers.endswith("Pattaya hotel")  # what hides or reorders is gone; what was chosen from a list is no text
    assert {kind for _, kind, _ in found["marks"]} == {"country", "host_named", "url"}
    assert [flag[1:4] for flag in found["flags"]] == [("danger-now", "travel", "immediate_danger")]
    assert found["cases"][0][1] == 1


def test_what_waits_is_remembered(filled: Desk, portal: PlayedPortal, importing: Import) -> None:
    casebook = filled.casebook
    columns = "SELECT looked, unseen, answered, asked FROM cases"
    assert casebook.one(columns) == ("2026-11-26", None, "2026-11-26", "2026-11-26")
    portal.file(draft("another case"))
    importing(portal.export())
    assert casebook.one(f"{columns} WHERE name = '2026-0002'") == (None, "2026-11-25", None, None)


def test_made_again_it_is_the_same(filled: Desk) -> None:
    before = kept(filled)
    with filled.casebook.transaction():
        filled.casebook.run("DELETE FROM kept")
    assert not arriving.is_fresh(filled.casebook, filled.folder)
    arriving.refresh(filled.casebook, filled.folder)
    assert kept(filled) == before
    with filled.casebook.transaction():
        arriving.again(filled.casebook, 1, triage.load_rules(filled.folder))
    assert kept(filled) == before


def test_what_is_not_kept_is_made_when_the_desk_is_opened(root: Path) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk, desk.casebook.transaction():
        desk.casebook.run("DELETE FROM kept")
    with session.open_desk(root, PASSPHRASE) as desk:
        assert arriving.is_fresh(desk.casebook, desk.folder)
        (root / "triage.toml").write_text(OWN)
        assert not arriving.is_fresh(desk.casebook, desk.folder)
        (root / "triage.toml").write_text("not TOML")
        assert arriving.is_fresh(desk.casebook, desk.folder)  # the flags stay as they are


def test_other_rules_give_other_flags(filled: Desk, root: Path) -> None:
    (root / "triage.toml").write_text(OWN)
    arriving.refresh(filled.casebook, filled.folder)
    assert filled.casebook.all("SELECT rule FROM flags") == [("urgent-answer",)]
    (root / "triage.toml").write_text(OWN.replace('"film"', '"image"'))
    arriving.refresh(filled.casebook, filled.folder)
    assert filled.casebook.one("SELECT urgent FROM cases") == (1,)


def test_what_a_case_leaves_goes_with_it(filled: Desk) -> None:
    with filled.casebook.transaction():
        for table in ("log_details", "replies", "messages"):
            filled.casebook.run(f"DELETE FROM {table}")
        filled.casebook.run("DELETE FROM cases")
    for table in _TABLES:
        assert filled.casebook.one(f"SELECT count(*) FROM {table}") == (0,), table
