"""What somebody who begins to work has to know: what is open, what waits, and what others did since the last visit.

Rules kept here: a visit ends when the person says so, and at the entry of the log that was shown then, so that nothing
that came in between is passed over. It is a bookmark of that person and no act: the log does not have it.

Table: `visits`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from portal.desk import cases, custody, filtering
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.custody import Entry
from portal.desk.filtering import Filter, Listed
from portal.desk.session import Desk
from portal.errors import DeskError

WAITING = "question"
"""The status in which the reporter has to do something."""
MOST_ENTRIES = 20_000
"""So many entries of the log are looked at, the newest: somebody who was never here is not told of years."""
_NO_NEWS = frozenset({"viewed", "extracted", "person-searched", "packed", "backed-up"})
"""Acts that change nothing for others."""
_FOR_ALL = frozenset({"imported", "quarantined", "received", "resent"})
"""Acts that are news whoever carried them out."""


@dataclass(frozen=True)
class Outgoing:
    """A case with answers that its portal has not confirmed; `pack` is the newest that carried one, None for none."""

    case: Case
    answers: int
    pack: int | None


@dataclass
class Change:
    """What happened to the case called `case`, the newest last."""

    case: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Handover:
    """Everything at one moment. `since` is the moment of the entry at which the last visit ended, None for the first
    visit; `entry` is the number of the last entry that is considered."""

    person: str
    since: str | None
    entry: int
    overdue: Sequence[Listed]
    """Whatever their status, the longest overdue first."""
    open: Sequence[Listed]
    """In which the desk has to do something, the urgent ones first."""
    waiting: Sequence[Listed]
    outgoing: Sequence[Outgoing]
    changed: Sequence[Change]
    """Cases, the last changed first."""
    desk: Sequence[Entry]
    """What happened to no case in particular."""


def look(desk: Desk) -> Handover:
    """What the person who works here has to know now."""
    casebook = desk.casebook
    last, read = custody.head(casebook).number, _read(casebook, desk.person)
    news = [entry for entry in _entries(casebook, read, last) if _is_news(entry, desk.person)]
    undecided = filtering.find(desk, Filter(is_open=True))
    return Handover(
        desk.person,
        _moment(casebook, read),
        last,
        filtering.find(desk, Filter(due="overdue"), "due"),
        [listed for listed in undecided if listed.case.status != WAITING],
        [listed for listed in undecided if listed.case.status == WAITING],
        _outgoing(casebook),
        _by_case(news),
        [entry for entry in news if not entry.case],
    )


def seen(desk: Desk, entry: int) -> None:
    """The visit of the person who works here ends at this entry; one that ended later stays. Raises DeskError."""
    if not 0 <= entry <= custody.head(desk.casebook).number:
        raise DeskError(f"The log has no entry {entry}: look at the handover again.")
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT INTO visits (person, entry) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET entry = max(entry, excluded.entry)",
            *(desk.person, entry),
        )


def _read(casebook: Casebook, person: str) -> int:
    row = casebook.one("SELECT entry FROM visits WHERE person = ?", person)
    return int(row[0]) if row else 0


def _entries(casebook: Casebook, after: int, last: int) -> Iterator[Entry]:
    start = max(after, last - MOST_ENTRIES)
    for (data,) in casebook.all("SELECT entry FROM log WHERE number > ? AND number <= ? ORDER BY number", start, last):
        yield msgspec.json.decode(data, type=Entry)


def _moment(casebook: Casebook, number: int) -> str | None:
    row = casebook.one("SELECT entry FROM log WHERE number = ?", number)
    return msgspec.json.decode(row[0], type=Entry).at if row else None


def _is_news(entry: Entry, person: str) -> bool:
    return entry.act in _FOR_ALL or (entry.person != person and entry.act not in _NO_NEWS)


def _by_case(news: Sequence[Entry]) -> list[Change]:
    found: dict[str, Change] = {}
    for entry in news:
        if entry.case:
            change = found.pop(entry.case, None) or Change(entry.case)
            change.entries.append(entry)
            found[entry.case] = change
    return list(reversed(found.values()))


def _outgoing(casebook: Casebook) -> list[Outgoing]:
    rows = casebook.all(
        "SELECT case_id, count(*), max(pack) FROM replies WHERE sealed IS NOT NULL"
        " GROUP BY case_id ORDER BY max(pack) IS NOT NULL, min(rowid)"
    )
    return [Outgoing(cases.by_row(casebook, row), answers, pack) for row, answers, pack in rows]
