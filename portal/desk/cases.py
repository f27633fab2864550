"""Cases: what a caseworker works on. All messages of one thread at one portal are one case.

A case can be merged into another one, its main case (portal.desk.merging): lists then name the main case alone.

Functions here read and write the casebook; a change belongs into a transaction of the caller.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from portal.desk import tombstones
from portal.desk.casebook import Casebook
from portal.errors import NoSuchCase
from portal.report import Attachment, Reply, Report

NEW = "received"
"""The status of a case that nobody has answered yet."""
OPEN = ("received", "under-review", "question")
"""The statuses of a case in which something is still to be decided."""
IS_OPEN = "c.status IN ('received', 'under-review', 'question')"
"""SQL: whether `c`, a row of cases, has one of them."""
_CASES = (
    "SELECT id, name, portal, channel, status, received, urgent,"
    " (SELECT name FROM cases main WHERE main.id = cases.merged_into),"
    " EXISTS (SELECT 1 FROM holds WHERE case_id = cases.id),"
    " (SELECT decision = 'restriction' FROM decisions WHERE case_id = cases.id"
    " AND decision IN ('restriction', 'unrestricted') ORDER BY decisions.id DESC LIMIT 1),"
    " said, asks FROM cases"
)
_MESSAGES = "SELECT id, item, sha256, received, report FROM messages"
# Items travel in the order of their ids, which says nothing: on one day the report goes before what was added to it.
_IN_ORDER = "ORDER BY received, kind <> 'report', id"


@dataclass(frozen=True)
class Case:
    """One case. `id` and `portal` are rows of the casebook, `name` is what people call it: 2026-0001."""

    id: int
    name: str
    portal: int
    channel: str
    status: str
    received: str
    urgent: bool
    merged_into: str | None = None
    """Name of its main case, if it was merged into one."""
    held: bool = False
    """Nothing of it is erased, whatever the rules say (portal.desk.holding)."""
    restricted: bool = False
    """Its use is restricted on somebody's request (portal.desk.persons)."""
    said: int = 0
    """So many of the questions of its form are answered, …"""
    asks: int = 0
    """… of so many; 0 where the form is not known here. It says nothing of whether a report is true."""


@dataclass(frozen=True)
class Message:
    """A report or a follow-up: the id under which it travelled and the SHA-256 of its age file (32 bytes each)."""

    id: int
    item: bytes
    sha256: bytes
    received: str
    raw: bytes
    """report.json as the reporter's key signed it."""

    @property
    def report(self) -> Report:
        return msgspec.json.decode(self.raw, type=Report)


@dataclass(frozen=True)
class Answer:
    """A reply of this desk. `pack` is the first pack that carried it; `taken` says that the portal has it."""

    reply: Reply
    pack: int | None
    taken: bool


def listed(casebook: Casebook, *, merged: bool = False) -> list[Case]:
    """All cases, with `merged` also those that were merged into another: the urgent ones first, then the oldest."""
    which = "" if merged else "WHERE merged_into IS NULL"
    return [_case(*row) for row in casebook.all(f"{_CASES} {which} ORDER BY urgent DESC, received, year, number")]


def find(casebook: Casebook, name: str) -> Case:
    """The case called `name`. Raises NoSuchCase if there is none."""
    row = casebook.one(f"{_CASES} WHERE name = ?", name)
    if not row:
        raise NoSuchCase("There is no case with this ID: `desk list` shows all of them.")
    return _case(*row)


def by_row(casebook: Casebook, row: int) -> Case:
    """The case of a row that is there."""
    return _case(*casebook.one(f"{_CASES} WHERE id = ?", row))


def by_rows(casebook: Casebook, rows: Sequence[int]) -> dict[int, Case]:
    """The cases of so many rows, by them."""
    which = "WHERE id IN (SELECT value FROM json_each(?))"
    found = casebook.all(f"{_CASES} {which}", json.dumps(rows))
    return {row[0]: _case(*row) for row in found}


def of_thread(casebook: Casebook, portal: int, locator: bytes) -> Case | None:
    """The case of the thread with this locator (32 bytes) at a portal, if it is here."""
    row = casebook.one(f"{_CASES} WHERE portal = ? AND locator = ?", portal, locator)
    return _case(*row) if row else None


def main(casebook: Casebook, row: int) -> int:
    """The row of the case that this one was merged into, or its own."""
    return int(casebook.one("SELECT coalesce(merged_into, id) FROM cases WHERE id = ?", row)[0])


def merged(casebook: Casebook, case: Case) -> list[Case]:
    """The cases that were merged into this one, in the order of their names."""
    return [_case(*row) for row in casebook.all(f"{_CASES} WHERE merged_into = ? ORDER BY year, number", case.id)]


def whole(casebook: Casebook, case: Case) -> list[Case]:
    """The main case of this one, or itself, and all that were merged into it: the main case is the last."""
    last = by_row(casebook, main(casebook, case.id))
    return [*merged(casebook, last), last]


def messages(casebook: Casebook, case: Case) -> list[Message]:
    """The messages of a case, in the order in which they were sent as far as that is known: by day."""
    rows = casebook.all(f"{_MESSAGES} WHERE case_id = ? {_IN_ORDER}", case.id)
    return [Message(*row) for row in rows]


def wrote_since(casebook: Casebook, case: Case) -> bool:
    """Whether the reporter has written since the last answer of this desk; not, if there is none."""
    known = casebook.one(
        "SELECT json_extract(before, '$.messages') FROM own_replies WHERE case_id = ? ORDER BY number DESC LIMIT 1",
        case.id,
    )
    if not known or known[0] is None:
        return False
    (count,) = casebook.one("SELECT count(*) FROM messages WHERE case_id = ?", case.id)
    return bool(count > known[0])


def attachments(casebook: Casebook, case: Case) -> Iterator[tuple[Message, int, Attachment]]:
    """Every attachment of a case, in the order of its messages: the message, its number therein from 1, what it is."""
    for message in messages(casebook, case):
        for number, attachment in enumerate(message.report.attachments, 1):
            yield message, number, attachment


def answers(casebook: Casebook, case: Case) -> list[Answer]:
    """What this desk answered, the oldest first."""
    sql = "SELECT reply, pack, sealed IS NULL FROM replies WHERE case_id = ? ORDER BY number"
    return [
        Answer(msgspec.json.decode(reply, type=Reply), pack, bool(taken))
        for reply, pack, taken in casebook.all(sql, case.id)
    ]


def stored(casebook: Casebook, portal: int, item: bytes) -> Message | None:
    """The message that travelled under this id from this portal, if it is here."""
    row = casebook.one(f"{_MESSAGES} WHERE portal = ? AND item = ?", portal, item)
    return Message(*row) if row else None


def add_message(casebook: Casebook, portal: int, sha256: bytes, raw: bytes) -> tuple[int, int, bool]:
    """Put a checked report.json (`raw`) under its thread; the rows of message and case, and whether the case is new.

    Only `portal.desk.arriving` calls this: more than this row belongs to a message.
    """
    report = msgspec.json.decode(raw, type=Report)
    locator = report.locator
    found = casebook.one("SELECT id FROM cases WHERE portal = ? AND locator = ?", portal, locator)
    case_id = found[0] if found else _open_case(casebook, portal, locator, report)
    message_id = casebook.run(
        "INSERT INTO messages (case_id, portal, item, sha256, kind, received, report) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(case_id, portal, bytes.fromhex(report.id), sha256, report.kind, report.received, raw),
    )
    # A follow-up may come before its report: the first message in order says what the case is about.
    first = Message(*casebook.one(f"{_MESSAGES} WHERE case_id = ? {_IN_ORDER} LIMIT 1", case_id))
    casebook.run(
        "UPDATE cases SET channel = ?, received = ? WHERE id = ?", first.report.channel, first.received, case_id
    )
    return message_id, case_id, not found


def _open_case(casebook: Casebook, portal: int, locator: bytes, report: Report) -> int:
    year = int(report.received[:4])
    (last,) = casebook.one("SELECT coalesce(max(number), 0) FROM cases WHERE year = ?", year)
    number = max(last, tombstones.last_number(casebook, year)) + 1
    return casebook.run(
        "INSERT INTO cases (year, number, name, portal, locator, channel, status, received, urgent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
        *(year, number, f"{year:04}-{number:04}", portal, locator, report.channel, NEW, report.received),
    )


def _case(
    row: int,
    name: str,
    portal: int,
    channel: str,
    status: str,
    received: str,
    urgent: int,
    merged_into: str | None,
    held: int,
    restricted: int | None,
    *counts: int,
) -> Case:
    limits = bool(held), bool(restricted)
    return Case(row, name, portal, channel, status, received, bool(urgent), merged_into, *limits, *counts)
