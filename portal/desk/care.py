"""Care for those who read: a gentle count of the cases read today, and a reminder of a break.

Rules kept here: what is stored is a number a day, for its person alone, and never which cases; the reminder can be
switched off by each person, and nobody else is told.

Table: `reading`. Nothing of it belongs to a case.
"""

from portal.desk import preferences
from portal.desk.casebook import Casebook
from portal.desk.session import Desk

BREAK_AFTER = preferences.define(
    "break-after", int, 10, "After so many cases read on one day the page proposes a break, and after as many again."
)
WITHOUT = preferences.define(
    "no-break-reminder", list[str], [], "Who has switched the reminder of a break off.", example='["anouk"]'
)


def read_on(casebook: Casebook, person: str, day: str) -> int:
    """How many cases a person has read on a day, as far as it was noted."""
    row = casebook.one("SELECT cases FROM reading WHERE person = ? AND day = ?", person, day)
    return int(row[0]) if row else 0


def note(desk: Desk, person: str, day: str, count: int) -> None:
    """Add to what a person has read on a day."""
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT INTO reading (person, day, cases) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET cases = cases + excluded.cases",
            *(person, day, count),
        )


def reminds_after(casebook: Casebook, person: str) -> int:
    """After how many cases this person is reminded; 0 for never."""
    if person in preferences.value(casebook, WITHOUT):
        return 0
    return max(0, int(preferences.value(casebook, BREAK_AFTER)))


def switch(desk: Desk, *, on: bool) -> None:
    """Switch the reminder on or off for the person who works here."""
    others = [name for name in preferences.value(desk.casebook, WITHOUT) if name != desk.person]
    preferences.put(desk, WITHOUT.key, others if on else sorted([*others, desk.person]))
