"""What caseworkers leave on a case for each other: notes, whose case it is, tags."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portal.desk import rekeying
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.report import clean_text

NOTE_BYTES = 24_000
"""One note, bytes of UTF-8: as much as a report."""
_TAG = re.compile(r"[^\W_][\w-]{0,31}")


@dataclass(frozen=True)
class Note:
    """What somebody wrote for colleagues; `at` is UTC, to the second."""

    person: str
    at: str
    text: str


def notes(casebook: Casebook, case: Case) -> list[Note]:
    """The notes of a case, the oldest first."""
    return [
        Note(*row) for row in casebook.all("SELECT person, at, text FROM notes WHERE case_id = ? ORDER BY id", case.id)
    ]


def note(desk: Desk, case: Case, text: str) -> None:
    """Add a note; none is ever changed. Raises DeskError if it is empty or longer than 24,000 bytes."""
    cleaned = _checked(text)
    with desk.casebook.transaction():
        _write(desk, case, cleaned)


def _checked(text: str) -> str:
    cleaned = clean_text(text)
    if not cleaned:
        raise DeskError("The note is empty: write something in it.")
    if len(cleaned.encode()) > NOTE_BYTES:
        raise DeskError(f"The note is longer than {NOTE_BYTES:,} bytes: shorten it, or make two of it.")
    return cleaned


def _write(desk: Desk, case: Case, cleaned: str) -> None:
    at = desk.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    desk.casebook.run(
        "INSERT INTO notes (case_id, person, at, text) VALUES (?, ?, ?, ?)", case.id, desk.person, at, cleaned
    )
    desk.record("noted", case, text=cleaned)


def assigned(casebook: Casebook, case: Case) -> str | None:
    """Whose case it is."""
    found: str | None = casebook.one("SELECT assigned FROM cases WHERE id = ?", case.id)[0]
    return found


def assign(desk: Desk, case: Case, person: str | None, why: str = "") -> None:
    """Give a case to somebody who works here, or to nobody; `why`, if it is given, is a note for who has it next.

    Raises DeskError if nobody has that name, or for what cannot be a note; then nothing was changed.
    """
    assign_all(desk, [case], person, why)


def assign_all(desk: Desk, chosen: Sequence[Case], person: str | None, why: str = "") -> None:
    """The same with several cases: all of them, or none if it raises."""
    if person is not None and person not in rekeying.people(desk.casebook):
        raise DeskError(f"Nobody called {person} works at this desk: `desk people` shows who does.")
    reason = _checked(why) if why.strip() else ""
    with desk.casebook.transaction():
        for case in chosen:
            if reason:
                _write(desk, case, reason)
            desk.casebook.run("UPDATE cases SET assigned = ? WHERE id = ?", person, case.id)
            desk.record("assigned", case, to=person)


def tags(casebook: Casebook, case: Case) -> list[str]:
    """The tags of a case, in order."""
    return [tag for (tag,) in casebook.all("SELECT tag FROM tags WHERE case_id = ? ORDER BY tag", case.id)]


def tag(desk: Desk, case: Case, names: Sequence[str], *, remove: bool = False) -> None:
    """Give a case tags, or take them away; what is so already stays. Raises DeskError for what cannot be a tag."""
    for name in names:
        if not _TAG.fullmatch(name):
            raise DeskError("A tag is one word of at most 32 letters, digits and hyphens.")
    sql = "DELETE FROM tags WHERE case_id = ? AND tag = ?" if remove else "INSERT OR IGNORE INTO tags VALUES (?, ?)"
    with desk.casebook.transaction():
        for name in names:
            desk.casebook.run(sql, case.id, name)
        desk.record("tagged", case, tags=list(names), removed=remove)
