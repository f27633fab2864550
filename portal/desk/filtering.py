"""Which cases: one query for every list of them, on the command line, in the inbox, and beside a search for words.

Rules kept here: what a merged case has (tags, flags, marks), its main case has as well, and lists name the main case
alone unless the merged ones are asked for; nothing that somebody types becomes SQL; a list of 10,000 cases takes less
than 200 ms (tests/bench), so what is not shown is not read.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from portal.desk import cases, deadlines, fields
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.deadlines import BUCKETS, Bucket, Due, Limits
from portal.desk.session import Desk

Sort = Literal["due", "urgent", "urgent-newest", "newest", "oldest", "id"]
SORTS: tuple[Sort, ...] = get_args(Sort)
"""due: overdue, due today, this week, the rest. urgent: the urgent ones first, then the oldest; or then the newest."""
_OLDEST = "received, year, number"
_NEWEST = "received DESC, year DESC, number DESC"
_ORDERS: Mapping[Sort, str] = {
    # Of two that are late, the one that nobody has looked at may hide the greater danger.
    "due": f"rank, urgent DESC, unseen IS NULL, coalesce(due_by, '~'), {_OLDEST}",
    "urgent": f"urgent DESC, {_OLDEST}",
    "urgent-newest": f"urgent DESC, {_NEWEST}",
    "newest": _NEWEST,
    "oldest": _OLDEST,
    "id": "year, number",
}
_CASES = "id, year, number, name, channel, status, received, urgent, assigned, looked, answered, unseen, asked"
_MAIN = f"SELECT {_CASES}, NULL AS merged_into FROM main_cases"  # noqa: S608 - names of our own
_ALL = f"{_MAIN} UNION ALL SELECT {_CASES}, merged_into FROM cases WHERE merged_into IS NOT NULL"  # noqa: S608


_IS_OPEN = f"({cases.IS_OPEN} OR c.unseen IS NOT NULL)"


@dataclass(frozen=True)
class Filter:
    """What is asked for; everything that is set has to hold."""

    channel: str | None = None
    status: str | None = None
    is_open: bool = False
    """Only cases in which something is to be decided (`cases.OPEN`), or which something came to."""
    urgent: bool = False
    month: str | None = None
    """In which it came in: 2026-11."""
    assigned: str | None = None
    """Whose case it is."""
    nobodys: bool = False
    tag: str | None = None
    flag: str | None = None
    """A rule of triage that it meets."""
    due: Bucket | None = None
    unseen: bool = False
    """Only cases with something that nobody has looked at."""
    merged: bool = False
    """With the cases that were merged into another one."""
    country: str | None = None
    service: str | None = None
    host: str | None = None
    account: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for, and so every case is found."""
        return replace(self, merged=False) == Filter()


EVERY = Filter()


@dataclass(frozen=True)
class Listed:
    """A case as lists show it."""

    case: Case
    assigned: str | None
    unseen: str | None
    """Day of the oldest message that nobody has looked at."""
    unseen_in: str | None
    """The case in which it stands: this one, or one that was merged into it."""
    due: tuple[Due, ...]
    """Its deadlines, the earliest first."""
    flags: tuple[str, ...]
    """The rules that made it urgent."""

    @property
    def by(self) -> date | None:
        """The day of its earliest deadline."""
        return self.due[0].by if self.due else None


@dataclass(frozen=True)
class Tally:
    """How many cases there are, merged ones not counted apart."""

    due: Mapping[Bucket, int]
    """Of the open ones; what has a deadline is open."""
    urgent: int
    """Urgent and open."""
    unseen: int
    asked: int
    """Waiting for the reporter."""
    open: int
    all: int


def find(desk: Desk, chosen: Filter, sort: Sort = "urgent", most: int = -1, skip: int = 0) -> list[Listed]:
    """The cases that are asked for, at most `most` of them after the first `skip`; -1 for all."""
    sql, values = _selected(desk, chosen)
    wanted = f"SELECT {', '.join(_COLUMNS)} FROM ({sql}) ORDER BY {_ORDERS[sort]} LIMIT ? OFFSET ?"  # noqa: S608 - ours
    rows = desk.casebook.all(wanted, *values, most, skip)
    return _listed(desk.casebook, rows)


def of_case(desk: Desk, case: Case) -> Listed:
    """What lists say of one case, which may be merged into another."""
    sql, values = _selected(desk, Filter(merged=True))
    row = desk.casebook.one(f"SELECT {', '.join(_COLUMNS)} FROM ({sql}) WHERE id = ?", *values, case.id)  # noqa: S608
    return _listed(desk.casebook, [row])[0]


def of_cases(desk: Desk, names: Sequence[str]) -> dict[str, Listed]:
    """The same of the cases called so, by their names; those that are not there are left out."""
    sql, values = _selected(desk, Filter(merged=True))
    wanted = f"SELECT {', '.join(_COLUMNS)} FROM ({sql}) WHERE name IN (SELECT value FROM json_each(?))"  # noqa: S608
    rows = desk.casebook.all(wanted, *values, json.dumps(list(names)))
    return {listed.case.name: listed for listed in _listed(desk.casebook, rows)}


def count(desk: Desk, chosen: Filter) -> int:
    """How many there are."""
    sql, values = _selected(desk, chosen)
    return int(desk.casebook.one(f"SELECT count(*) FROM ({sql})", *values)[0])  # noqa: S608 - the query above


def tally(desk: Desk) -> Tally:
    """What an inbox says on top."""
    sql, values = _selected(desk, Filter())
    sums = ", ".join(f"sum(rank = {place} AND is_open)" for place in range(len(BUCKETS)))
    row = desk.casebook.one(
        f"WITH known AS MATERIALIZED (SELECT *, {_IS_OPEN} AS is_open FROM ({sql}) AS c)"  # noqa: S608 - ours
        f" SELECT {sums}, sum(urgent AND is_open), sum(unseen IS NOT NULL), sum(status = 'question'), sum(is_open),"
        " count(*) FROM known",
        *values,
    )
    counts = [number or 0 for number in row]
    return Tally(dict(zip(BUCKETS, counts, strict=False)), *counts[len(BUCKETS) :])


def selection(desk: Desk, chosen: Filter) -> tuple[str, tuple[object, ...]]:
    """SQL for the rows (`id`) of the cases that are asked for, and its parameters."""
    sql, values = _selected(desk, chosen)
    return f"SELECT id FROM ({sql})", values  # noqa: S608 - the query below


def choices(casebook: Casebook) -> dict[str, list[str]]:
    """What can be asked for by channel, month, tag, flag and person: what there is."""
    months = "SELECT DISTINCT substr(received, 1, 7) FROM cases ORDER BY 1 DESC"
    found = {
        "channel": "SELECT DISTINCT channel FROM cases ORDER BY 1",
        "month": months,
        "tag": "SELECT DISTINCT tag FROM tags ORDER BY 1",
        "flag": "SELECT DISTINCT rule FROM flags ORDER BY 1",
        "assigned": "SELECT DISTINCT assigned FROM cases WHERE assigned IS NOT NULL ORDER BY 1",
    }
    return {name: [value for (value,) in casebook.all(sql)] for name, sql in found.items()}


def _selected(desk: Desk, chosen: Filter) -> tuple[str, tuple[object, ...]]:
    """SQL for everything that is known of the cases that are asked for."""
    limits: Limits = deadlines.limits(desk.casebook)
    conditions, values = _conditions(chosen)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = f"SELECT c.*, {deadlines.columns(limits)} FROM ({_ALL if chosen.merged else _MAIN}) AS c {where}"  # noqa: S608
    ranked = (
        f"SELECT *, {deadlines.rank(desk.today)} AS rank FROM (SELECT *, {deadlines.EARLIEST} AS due_by FROM ({rows}))"  # noqa: S608
    )
    if chosen.due is not None:
        ranked = f"SELECT * FROM ({ranked}) WHERE rank = {BUCKETS.index(chosen.due)}"  # noqa: S608 - a number
    return ranked, tuple(values)


def _conditions(chosen: Filter) -> tuple[list[str], list[object]]:
    values: list[object] = []
    conditions: list[str] = []

    def add(condition: str, *more: object) -> None:
        conditions.append(condition)
        values.extend(more)

    for column in ("channel", "status", "assigned"):
        if (value := getattr(chosen, column)) is not None:
            add(f"c.{column} = ?", value)
    if chosen.is_open:
        add(_IS_OPEN)
    if chosen.urgent:
        add("c.urgent")
    if chosen.month is not None:
        add("substr(c.received, 1, 7) = ?", chosen.month)
    if chosen.nobodys:
        add("c.assigned IS NULL")
    if chosen.unseen:
        add("c.unseen IS NOT NULL")
    if chosen.tag is not None:
        add(_having("tags", "tag = ?"), *[chosen.tag] * 2)
    if chosen.flag is not None:
        add(_having("flags", "rule = ?"), *[chosen.flag] * 2)
    for name, condition in fields.CONDITIONS.items():
        if (text := getattr(chosen, name)) is not None:
            sql, parameters = condition(text)
            add(_having("marks", sql), *parameters * 2)
    return conditions, values


def _having(table: str, condition: str) -> str:
    """SQL: `c` has something in a table, or a case that was merged into it has. The parameters are needed twice."""
    return (
        f"c.id IN (SELECT case_id FROM {table} WHERE {condition} UNION ALL SELECT m.merged_into FROM {table}"  # noqa: S608
        f" JOIN cases m ON m.id = case_id WHERE m.merged_into IS NOT NULL AND {condition})"
    )


_COLUMNS = (
    *("id", "name", "received", "assigned", "looked", "unseen", "asked"),
    *("look_by", "answer_by", "question_by"),
)


def _listed(casebook: Casebook, rows: Sequence[tuple[Any, ...]]) -> list[Listed]:
    """What lists show of the rows that were found, in their order."""
    known = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    found = cases.by_rows(casebook, [row["id"] for row in known])
    flags: dict[int, dict[str, None]] = {}
    for row, rule in casebook.all(
        "SELECT coalesce(merged_into, id), rule FROM flags JOIN cases ON id = case_id"
        " WHERE flags.urgent AND coalesce(merged_into, id) IN (SELECT value FROM json_each(?)) ORDER BY rule",
        json.dumps(list(found)),
    ):
        flags.setdefault(row, {})[rule] = None
    elsewhere = dict(
        casebook.all(
            "SELECT merged_into, min(name) FROM cases WHERE merged_into IS NOT NULL AND unseen IS NOT NULL"
            " AND (SELECT unseen FROM cases m WHERE m.id = cases.merged_into) IS NULL GROUP BY merged_into"
        )
    )
    return [
        Listed(
            case=found[row["id"]],
            assigned=row["assigned"],
            unseen=row["unseen"],
            unseen_in=elsewhere.get(row["id"], row["name"]) if row["unseen"] else None,
            due=deadlines.of_row(
                {
                    "look" if row["looked"] is None else "follow-up": (row["unseen"], row["look_by"]),
                    "answer": (row["received"], row["answer_by"]),
                    "question": (row["asked"], row["question_by"]),
                }
            ),
            flags=tuple(flags.get(row["id"], ())),
        )
        for row in known
    ]
