"""Who looked at what: the first look at a case, what is still unseen, and the act "viewed" in the chain of custody.

Rules kept here:
- A look is recorded once for each person, case and day; an attachment that was looked into, in the same way apart.
- A look at a case is none at those that were merged into it: each is a thread of its own, with a page of its own.
- Showing never waits for somebody else who writes, and never fails because of them: the look is written by a short
  opening of its own, which takes the desk's lock, since nothing may be signed with keys that were just replaced. Where
  it cannot be written, the person is told, or the page tries again later; a copy that can only be read stays as it is.

Table: `looks`, and the columns looked and unseen of `cases`.
"""

from portal.desk import session
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import PortevoixError

PATIENCE_SECONDS = 1.0
"""So long a look waits for somebody else who writes."""
_ATTACHMENT = """
SELECT 1 FROM log JOIN log_details USING (number) WHERE case_id = ?
    AND json_extract(CAST(entry AS TEXT), '$.act') = 'viewed'
    AND json_extract(CAST(entry AS TEXT), '$.person') = ?
    AND substr(json_extract(CAST(entry AS TEXT), '$.at'), 1, 10) = ?
    AND json_extract(details, '$.attachment') = ?
"""


def look(desk: Desk, case: Case, attachment: int | None = None) -> None:
    """Record that who works here looked at a case today, or into its attachment of this number, from 1.

    The desk is open for writing. Nothing happens if that is recorded already.
    """
    if is_recorded(desk, case, attachment):
        return
    today = desk.today.isoformat()
    with desk.casebook.transaction():
        if attachment is not None:
            desk.record("viewed", case, attachment=attachment)
            return
        new = not _has_looked(desk, case)
        if new:
            desk.casebook.run("INSERT INTO looks (case_id, person, day) VALUES (?, ?, ?)", case.id, desk.person, today)
        desk.casebook.run("UPDATE cases SET looked = coalesce(looked, ?2), unseen = NULL WHERE id = ?1", case.id, today)
        if new:
            desk.record("viewed", case)


def is_recorded(desk: Desk, case: Case, attachment: int | None = None) -> bool:
    """Whether `look` has nothing to write."""
    if attachment is not None:
        today = desk.today.isoformat()
        return bool(desk.casebook.one(_ATTACHMENT, case.id, desk.person, today, attachment))
    open_ends = desk.casebook.one(
        "SELECT 1 FROM cases WHERE id = ? AND (looked IS NULL OR unseen IS NOT NULL)", case.id
    )
    return not open_ends and _has_looked(desk, case)


def try_to_look(desk: Desk, case: Case, attachment: int | None = None) -> str:
    """The same for a desk that is open for reading: what kept it from being recorded, or an empty text."""
    if is_recorded(desk, case, attachment):
        return ""
    if not desk.folder.is_writable:
        return "nothing can be written where this desk lies."
    try:
        with session.working(
            desk.folder, desk.keyring, writing=True, clock=desk.clock, patience=PATIENCE_SECONDS
        ) as writing:
            look(writing, case, attachment)
    except PortevoixError as error:
        return str(error)
    except OSError as error:
        return f"{error.strerror}."
    return ""


def _has_looked(desk: Desk, case: Case) -> bool:
    sql = "SELECT 1 FROM looks WHERE person = ? AND day = ? AND case_id = ?"
    return bool(desk.casebook.one(sql, desk.person, desk.today.isoformat(), case.id))
