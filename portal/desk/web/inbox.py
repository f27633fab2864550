"""The inbox: what is overdue, due today, due this week, and then the rest; filtered and sorted as somebody asks."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request

from portal.desk import deadlines, filtering, flagged, labelling, people
from portal.desk.deadlines import Bucket
from portal.desk.filtering import Filter, Listed, Sort, Tally
from portal.desk.session import Desk
from portal.desk.web import wording
from portal.desk.web.caring import reading
from portal.desk.web.door import desk
from portal.desk.web.jobs import jobs
from portal.desk.web.showing import page
from portal.report import STATUSES

bp = Blueprint("inbox", __name__)
PAGE_CASES = 50
"""Cases on one page."""
_MINE, _NOBODYS, _PERSON = "mine", "nobody", "person-"
"""What is chosen for whose a case is: the last with a name after it, so that nobody is called "mine"."""
_ASKED = ("show", "channel", "status", "month", "whose", "tag", "flag", "sort")
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_SORTS: dict[Sort, str] = {
    "due": "What is due first",
    "urgent": "Urgent first",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "id": "By number",
}
_SHOWN: dict[str, Filter] = {
    **{bucket: Filter(due=bucket) for bucket in deadlines.BUCKETS if bucket != "none"},
    "urgent": Filter(urgent=True, is_open=True),
    "new": Filter(unseen=True),
    "question": Filter(status="question"),
    "open": Filter(is_open=True),
    "all": Filter(),
}
"""What the tiles on top show."""
_GROUPS: dict[Bucket, str] = {
    "overdue": "Overdue",
    "today": "Due today",
    "week": f"Due in the next {deadlines.WEEK_DAYS} days",
    "later": "Due later",
    "none": "Nothing is due",
}


@dataclass(frozen=True)
class Row:
    """One case of the list, and how its first deadline stands in words."""

    listed: Listed
    due: str
    is_late: bool
    flags: Sequence[str]


@dataclass(frozen=True)
class Group:
    """Rows under one heading, or under none."""

    title: str
    count: int | None
    rows: Sequence[Row]

    @property
    def has_unread(self) -> bool:
        """Whether one of them has something that nobody has looked at."""
        return any(row.listed.unseen for row in self.rows)


@dataclass(frozen=True)
class View:
    """What was asked for, and what it finds."""

    asked: Mapping[str, str]
    groups: Sequence[Group]
    total: int
    number: int
    """Which page, from 1."""
    pages: int

    @property
    def is_filtered(self) -> bool:
        """Whether more was chosen than a tile."""
        return any(self.asked[key] for key in _ASKED if key not in ("show", "sort"))

    @property
    def first(self) -> Row | None:
        """The case to go on with."""
        return self.groups[0].rows[0] if self.groups else None

    def link(self, **changes: str) -> str:
        """The address of the same view with other choices."""
        chosen = {key: value for key, value in {**self.asked, **changes}.items() if value}
        return "/?" + urlencode(chosen)


@bp.get("/")
def show() -> Response:
    """What waits, or what was asked for."""
    with desk() as opened:
        tally = filtering.tally(opened)
        known = filtering.choices(opened.casebook)
        flag_name = flagged.names(opened, current_app.extensions["channels"], labelling.language(opened.casebook))
        view = _view(opened, tally, flag_name)
        names = [person.name for person in people.listed(opened)]
        read, is_break_due = reading().today(opened), reading().is_break_due(opened)
    return page(
        "inbox",
        view=view,
        tiles=_tiles(tally),
        channels=[(key, wording.channel(key)) for key in known["channel"]],
        statuses=[(key, wording.status(key)) for key in STATUSES],
        months=[(month, month) for month in known["month"]],
        whose=[(_MINE, "You"), (_NOBODYS, "Nobody"), *((_PERSON + name, name) for name in names)],
        tags=[(tag, tag) for tag in known["tag"]],
        flags=[(flag, flag_name(flag)) for flag in known["flag"]],
        sorts=list(_SORTS.items()),
        read=read,
        is_break_due=is_break_due,
        job=jobs().last,
    )


def _tiles(tally: Tally) -> list[tuple[str, str, int]]:
    """What is counted on top: key, words, and how many."""
    return [
        ("overdue", "overdue", tally.due["overdue"]),
        ("today", "due today", tally.due["today"]),
        ("week", f"in the next {deadlines.WEEK_DAYS} days", tally.due["week"]),
        ("urgent", "urgent and open", tally.urgent),
        ("new", "unread", tally.unseen),
        ("question", "waiting for reporters", tally.asked),
        ("open", "open", tally.open),
        ("all", "all cases", tally.all),
    ]


def _view(opened: Desk, tally: Tally, flag_name: Callable[[str], str]) -> View:
    asked = {key: request.args.get(key, "") for key in _ASKED}
    asked["show"] = asked["show"] if asked["show"] in _SHOWN else "all" if asked["status"] else "open"
    asked["sort"] = asked["sort"] if asked["sort"] in _SORTS else "due"
    chosen = _chosen(opened, asked)
    total = filtering.count(opened, chosen)
    pages = max(1, -(-total // PAGE_CASES))
    number = min(max(1, request.args.get("page", 1, int)), pages)
    sort = cast(Sort, asked["sort"])
    found = filtering.find(opened, chosen, sort, PAGE_CASES, (number - 1) * PAGE_CASES)
    rows = [_row(one, opened.today, flag_name) for one in found]
    # A heading says how many there are of all, which a choice beside the tile would make untrue.
    whole = tally.due if chosen == _SHOWN["open"] else None
    return View(asked, _groups(rows, opened.today, sort, whole), total, number, pages)


def _chosen(opened: Desk, asked: Mapping[str, str]) -> Filter:
    whose = asked["whose"]
    chosen = replace(
        _SHOWN[asked["show"]],
        channel=asked["channel"] or None,
        month=asked["month"] if _MONTH.fullmatch(asked["month"]) else None,
        nobodys=whose == _NOBODYS,
        tag=asked["tag"] or None,
        flag=asked["flag"] or None,
    )
    if asked["status"]:
        chosen = replace(chosen, status=asked["status"])
    if whose == _MINE:
        chosen = replace(chosen, assigned=opened.person)
    elif whose.startswith(_PERSON):
        chosen = replace(chosen, assigned=whose.removeprefix(_PERSON))
    return chosen


def _groups(rows: Sequence[Row], today: date, sort: Sort, whole: Mapping[Bucket, int] | None) -> list[Group]:
    if sort != "due":
        return [Group("", None, rows)] if rows else []
    found: dict[Bucket, list[Row]] = {}
    for row in rows:
        found.setdefault(deadlines.bucket(row.listed.by, today), []).append(row)
    return [Group(_GROUPS[bucket], whole[bucket] if whole else None, rows) for bucket, rows in found.items()]


def _row(listed: Listed, today: date, flag_name: Callable[[str], str]) -> Row:
    due = wording.due(listed.by, today) if listed.by else ""
    return Row(listed, due, deadlines.bucket(listed.by, today) == "overdue", list(map(flag_name, listed.flags)))
