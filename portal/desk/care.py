"""Care for those who read: a gentle count of the cases read today, and a reminder of a break.

Rules kept here: a person is shown their own count and nobody else's; it is counted from what the history of the cases
says anyway (portal.desk.looking), and nothing more is kept for it; the reminder can be switched off by each person.
"""

from datetime import date

from portal.desk import preferences
from portal.desk.casebook import Casebook
from portal.desk.session import Desk

BREAK_AFTER = preferences.define(
    "break-after", int, 10, "After so many cases read on one day the page proposes a break, and after as many again."
)
WITHOUT = preferences.define(
    "no-break-reminder", list[str], [], "Who has switched the reminder of a break off.", example='["anouk"]'
)


def read_on(casebook: Casebook, person: str, day: date) -> int:
    """How many cases a person has looked at on a day."""
    sql = "SELECT count(*) FROM looks WHERE person = ? AND day = ?"
    return int(casebook.one(sql, person, day.isoformat())[0])


def reminds_after(casebook: Casebook, person: str) -> int:
    """After how many cases this person is reminded; 0 for never."""
    if person in preferences.value(casebook, WITHOUT):
        return 0
    return max(0, int(preferences.value(casebook, BREAK_AFTER)))


def switch(desk: Desk, *, on: bool) -> None:
    """Switch the reminder on or off for the person who works here."""
    others = [name for name in preferences.value(desk.casebook, WITHOUT) if name != desk.person]
    preferences.put(desk, WITHOUT.key, others if on else sorted([*others, desk.person]))
