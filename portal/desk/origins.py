"""Where a case comes from that no bundle brought: told by phone or letter, or a file that was dropped in by hand.

Such cases hang on a row of `portals` that has no key, so that nothing is ever imported from it, packed for it or
acknowledged to it (portal.desk.portals lists only portals with a key). Its name is none that a portal can be given.

Table: `sources`. Functions here read and write the casebook; a change belongs into a transaction of the caller.
"""

from typing import Literal, get_args

from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.errors import DeskError

BY_HAND = "by hand"
"""The name of the portal that is none."""
Source = Literal["phone", "letter", "hotline", "visit", "other", "by-hand"]
"""How a report came; `by-hand`: as a sealed file, from a portal that the file does not name."""
TOLD: tuple[str, ...] = tuple(source for source in get_args(Source) if source != "by-hand")
"""How a report comes that this desk writes down itself; whoever told it has no receipt."""


def no_portal(casebook: Casebook) -> int:
    """The row of the portal that is none."""
    casebook.run("INSERT OR IGNORE INTO portals (name, key) VALUES (?, '')", BY_HAND)
    return int(casebook.one("SELECT id FROM portals WHERE key = ''")[0])


def source(casebook: Casebook, case: Case) -> str | None:
    """One of `Source`, or None for a case that a bundle brought."""
    row = casebook.one("SELECT source FROM sources WHERE case_id = ?", case.id)
    return row[0] if row else None


def note_source(casebook: Casebook, case: Case, how: str) -> None:
    """Remember how a case came; what is known already stays."""
    casebook.run("INSERT OR IGNORE INTO sources (case_id, source) VALUES (?, ?)", case.id, how)


def adopt(casebook: Casebook, portal: int, locator: bytes) -> None:
    """A portal has brought something of this thread (32 bytes): if its case came by hand, it is that portal's now."""
    row = casebook.one(
        "SELECT cases.id FROM cases JOIN sources ON case_id = cases.id JOIN portals ON portals.id = portal"
        " WHERE key = '' AND locator = ? AND source = 'by-hand'",
        locator,
    )
    if row and not casebook.one("SELECT 1 FROM cases WHERE portal = ? AND locator = ?", portal, locator):
        casebook.run("UPDATE cases SET portal = ? WHERE id = ?", portal, row[0])
        casebook.run("UPDATE messages SET portal = ? WHERE case_id = ?", portal, row[0])
        casebook.run("DELETE FROM sources WHERE case_id = ?", row[0])


def check_answerable(casebook: Casebook, case: Case) -> None:
    """Raise DeskError if nothing that is written to the reporter of this case could ever be read."""
    how = source(casebook, case)
    if how == "by-hand":
        raise DeskError(
            "It is not known which portal holds this reporter's mailbox: import a bundle of that portal first, "
            "with which this case becomes one of its own."
        )
    if how is not None:
        raise DeskError(
            "This report did not come through a portal, so there is no mailbox in which an answer could be read: "
            "answer in the way in which it came, and write that down as a note."
        )
