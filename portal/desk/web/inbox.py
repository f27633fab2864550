"""The inbox: what is urgent, what waits, and what came when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from portal.desk import cases
from portal.desk.cases import Case
from portal.desk.web import wording
from portal.desk.web.caring import reading
from portal.desk.web.door import desk
from portal.desk.web.jobs import jobs
from portal.desk.web.showing import page
from portal.report import STATUSES

bp = Blueprint("inbox", __name__)
PAGE_CASES = 50
"""Cases on one page."""
_OPEN = frozenset({"received", "under-review", "question"})
_SORTS = {"urgent": "Urgent first", "newest": "Newest first", "oldest": "Oldest first", "id": "By number"}


@dataclass(frozen=True)
class View:
    """What was asked for, and what it finds."""

    asked: Mapping[str, str]
    cases: Sequence[Case]
    total: int
    number: int
    """Which page, from 1."""
    pages: int

    def link(self, **changes: str) -> str:
        """The address of the same view with other choices."""
        chosen = {key: value for key, value in {**self.asked, **changes}.items() if value}
        return "/?" + urlencode(chosen)


@bp.get("/")
def show() -> Response:
    """What waits, or what was asked for."""
    with desk() as opened:
        known = cases.listed(opened.casebook)
        read, is_break_due = reading().today(opened), reading().is_break_due(opened)
    view = _view(known, {key: request.args.get(key, "") for key in ("show", "channel", "status", "month", "sort")})
    return page(
        "inbox",
        view=view,
        tiles=_tiles(known),
        channels=[(key, wording.channel(key)) for key in sorted({case.channel for case in known})],
        statuses=[(key, wording.status(key)) for key in STATUSES],
        months=[(month, month) for month in sorted({case.received[:7] for case in known}, reverse=True)],
        sorts=list(_SORTS.items()),
        read=read,
        is_break_due=is_break_due,
        job=jobs().last,
    )


def _tiles(known: Sequence[Case]) -> list[tuple[str, str, int]]:
    """What is counted on top: key, words, and how many."""
    return [
        ("urgent", "urgent and open", sum(_is_in(case, "urgent") for case in known)),
        ("new", "new", sum(_is_in(case, "new") for case in known)),
        ("question", "waiting for the reporter", sum(_is_in(case, "question") for case in known)),
        ("open", "open", sum(_is_in(case, "open") for case in known)),
        ("all", "all cases", len(known)),
    ]


def _is_in(case: Case, show: str) -> bool:
    match show:
        case "urgent":
            return case.urgent and case.status in _OPEN
        case "new":
            return case.status == cases.NEW
        case "question":
            return case.status == "question"
        case "all":
            return True
    return case.status in _OPEN


def _view(known: Sequence[Case], asked: dict[str, str]) -> View:
    asked["show"] = asked["show"] or ("all" if asked["status"] else "open")
    found = [
        case
        for case in known
        if _is_in(case, asked["show"])
        and asked["channel"] in ("", case.channel)
        and asked["status"] in ("", case.status)
        and case.received.startswith(asked["month"])
    ]
    if asked["sort"] in ("newest", "oldest"):
        found.sort(key=lambda case: (case.received, case.name), reverse=asked["sort"] == "newest")
    elif asked["sort"] == "id":
        found.sort(key=lambda case: case.name)
    pages = max(1, -(-len(found) // PAGE_CASES))
    number = min(max(1, request.args.get("page", 1, int)), pages)
    start = (number - 1) * PAGE_CASES
    return View(asked, found[start : start + PAGE_CASES], len(found), number, pages)
