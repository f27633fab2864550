"""Merge a case into another that is about the same thing, and separate it again: nothing is lost or changed by either.

Rules kept here:
- Only `cases.merged_into` changes, and what follows from it (`arriving.settle`). The merged case keeps its thread, its
  texts, notes, answers and status, and what waits in it, so that separating it gives back what was there before.
- One level: what is merged into a case has nothing merged into itself. Lists, searches and links name the main case.
- Each reporter has a mailbox of their own. What comes to a merged case arrives there and shows with the main case; an
  answer goes to the reporter of the case that is named, and to nobody else. So does a look: what nobody has looked at
  in a merged case stays so until that case is shown.
- What is referred or handed to another desk is one thread as well: the main case's goes without those merged into it.
- Erasing a main case takes all that were merged into it (portal.desk.purging); they come due with it
  (portal.desk.retention) and are held with it (portal.desk.holding). Contact data go when their own reporter was told
  that the case is closed. A merged case is still one report in the statistics, counted as a duplicate.
"""

from dataclasses import dataclass

from portal.desk import arriving, cases
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError


@dataclass(frozen=True)
class Part:
    """A case that was merged into another; `unseen`: day of its oldest message that nobody has looked at."""

    case: Case
    unseen: str | None


def parts(casebook: Casebook, case: Case) -> list[Part]:
    """What was merged into a case, in the order of the names."""
    waits = dict(casebook.all("SELECT id, unseen FROM cases WHERE merged_into = ?", case.id))
    return [Part(one, waits[one.id]) for one in cases.merged(casebook, case)]


def others(casebook: Casebook, case: Case) -> list[str]:
    """The names of all other cases that are one with this: its main case, and what else was merged into that."""
    return [one.name for one in cases.whole(casebook, case) if one.id != case.id]


def merge(desk: Desk, case: Case, into: Case) -> None:
    """Merge a case into a main case. Raises DeskError if one of them has another place already."""
    check(desk.casebook, case, into)
    with desk.casebook.transaction():
        _place(desk.casebook, case, into.id)
        arriving.settle(desk.casebook, into.id)
        desk.record("merged", case, into=into.name)
        desk.record("merged", into, taken=case.name)


def check(casebook: Casebook, case: Case, into: Case) -> None:
    """Raise DeskError if a case cannot be merged into the other."""
    if case.id == into.id:
        raise DeskError(f"{case.name} cannot be merged into itself: name the case that is to be the main one.")
    if main := cases.by_row(casebook, case.id).merged_into:
        raise DeskError(f"{case.name} is merged into {main} already: `desk unmerge` separates it first.")
    if merged := cases.merged(casebook, case):
        raise DeskError(
            f"{case.name} is a main case, since {merged[0].name} was merged into it: merge {into.name} into "
            f"{case.name} instead, or separate them first (`desk unmerge`)."
        )
    if main := cases.by_row(casebook, into.id).merged_into:
        raise DeskError(f"{into.name} is itself merged into {main}: merge {case.name} into {main}.")


def unmerge(desk: Desk, case: Case) -> str:
    """Separate a case from its main case, whose name is returned. Raises DeskError if it was not merged into one."""
    main = cases.main(desk.casebook, case.id)
    if main == case.id:
        raise DeskError(f"{case.name} is not merged into another case, and nothing was changed.")
    name = cases.by_row(desk.casebook, main).name
    with desk.casebook.transaction():
        _place(desk.casebook, case, None)
        arriving.settle(desk.casebook, case.id)
        arriving.settle(desk.casebook, main)
        desk.record("unmerged", case, of=name)
        desk.record("unmerged", cases.by_row(desk.casebook, main), left=case.name)
    return name


def _place(casebook: Casebook, case: Case, main: int | None) -> None:
    casebook.run("UPDATE cases SET merged_into = ? WHERE id = ?", main, case.id)
