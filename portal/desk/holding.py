"""Legal holds: nothing of a case that is held is erased, whatever the rules of retention say.

Cases that were merged are held together: a hold on one of them keeps its main case and all that were merged into that.
A case whose use was restricted (portal.desk.persons) is kept in the same way, until that is decided otherwise.
Table: `holds`.
"""

from dataclasses import dataclass

from portal.desk import cases
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.report import clean_text


@dataclass(frozen=True)
class Hold:
    """Since when a case is held, by whom, and why."""

    day: str
    person: str
    reason: str


def hold(desk: Desk, case: Case, reason: str = "") -> None:
    """Hold a case from now on. Raises DeskError if it is held already."""
    if find(desk.casebook, case):
        raise DeskError(f"{case.name} is held already: `desk release` ends that.")
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT INTO holds (case_id, day, person, reason) VALUES (?, ?, ?, ?)",
            *(case.id, desk.today.isoformat(), desk.person, clean_text(reason)),
        )
        desk.record("held", case, reason=clean_text(reason))


def release(desk: Desk, case: Case) -> None:
    """Hold a case no longer. Raises DeskError if it is not held."""
    if not find(desk.casebook, case):
        raise DeskError(f"{case.name} is not held, and nothing was changed.")
    with desk.casebook.transaction():
        desk.casebook.run("DELETE FROM holds WHERE case_id = ?", case.id)
        desk.record("released", case)


def find(casebook: Casebook, case: Case) -> Hold | None:
    """The hold on a case."""
    row = casebook.one("SELECT day, person, reason FROM holds WHERE case_id = ?", case.id)
    return Hold(*row) if row else None


def is_restricted(casebook: Casebook, case: Case) -> bool:
    """Whether the last decision on the use of a case restricts it (GDPR art. 18; Directive (EU) 2016/680 art. 16)."""
    row = casebook.one(
        "SELECT decision FROM decisions WHERE case_id = ? AND decision IN ('restriction', 'unrestricted')"
        " ORDER BY id DESC LIMIT 1",
        case.id,
    )
    return row == ("restriction",)


def kept(casebook: Casebook) -> set[int]:
    """The rows of all cases of which nothing may be erased: held or restricted, or merged with one that is."""
    rows = casebook.all(
        "WITH kept (id) AS (SELECT case_id FROM holds"
        " UNION SELECT case_id FROM decisions d WHERE decision = 'restriction' AND NOT EXISTS"
        " (SELECT 1 FROM decisions l WHERE l.case_id = d.case_id AND l.decision = 'unrestricted' AND l.id > d.id))"
        " SELECT id FROM cases WHERE coalesce(merged_into, id) IN"
        " (SELECT coalesce(merged_into, cases.id) FROM cases JOIN kept USING (id))"
    )
    return {row for (row,) in rows}


def check_erasable(casebook: Casebook, case: Case) -> None:
    """Raise DeskError if nothing of a case may be erased."""
    for one in cases.whole(casebook, case):
        stays = "it stays" if one.id == case.id else f"it stays, and so does {case.name}, since they were merged"
        if held := find(casebook, one):
            raise DeskError(
                f"{one.name} is held since {held.day} ({held.person}), and {stays}: `desk release` ends the hold."
            )
        if is_restricted(casebook, one):
            raise DeskError(
                f"The use of {one.name} is restricted on somebody's request, and {stays}: "
                "`desk person … --decide unrestricted` ends the restriction."
            )
