"""list: the cases, all of them or those that are asked for."""

import argparse
from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.desk import console, deadlines, filtering, views
from portal.desk.commands import base, choosing
from portal.desk.commands.base import Command
from portal.desk.filtering import EVERY, Listed

_DUE: dict[deadlines.Bucket, str] = {
    "overdue": "OVERDUE, was due {by}",
    "today": "today",
    "week": "by {by}",
    "later": "by {by}",
}
_SORTS: dict[str, str] = {
    "due": "overdue, due today, in the next 7 days, the rest; in each the urgent and the unseen first",
    "urgent": "the urgent ones first, then the oldest",
}


def add(command: Command) -> None:
    """Add it to the command line."""
    listed = command("list", list_, "List the cases: the urgent ones first, then the oldest.")
    choosing.add_filter(listed)
    orders = "; ".join(f"{sort}: {meaning}" for sort, meaning in _SORTS.items())
    listed.add_argument("--sort", choices=filtering.SORTS, default="urgent", help=f"default: %(default)s ({orders})")
    base.add_json(listed)


def list_(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        wish = choosing.chosen(options, desk)
        found = filtering.find(desk, wish, options.sort)
        today = desk.today
    if options.json:
        print(console.as_json([_as_json(one, today) for one in found]))
    elif found:
        print(_as_text(found, today))
    elif wish == EVERY:
        print("No cases yet: `desk import` brings them.")
    else:
        print("No case is like that: leave one of the options out.")
    return base.SUCCESS


def _as_text(found: Sequence[Listed], today: date) -> str:
    head = ("ID", "", "CHANNEL", "STATUS", "RECEIVED", "", "WITH", "DUE", "")
    rows = [
        (
            one.case.name,
            "URGENT" if one.case.urgent else "",
            console.line(one.case.channel),
            one.case.status,
            one.case.received,
            "new" if one.unseen else "",
            one.assigned or "",
            f"merged into {one.case.merged_into}" if one.case.merged_into else _due(one, today),
            ", ".join(views.limits(one.case)),
        )
        for one in found
    ]
    return console.table([head, *rows])


def _due(one: Listed, today: date) -> str:
    if not one.due:
        return ""
    first = one.due[0]
    return f"{_DUE[deadlines.bucket(first.by, today)].format(by=first.by)}: {first.words}"


def _as_json(one: Listed, today: date) -> dict[str, Any]:
    """As `desk show --json` says it of a case, and what else a list knows."""
    return {
        **views.case_as_json(one.case),
        "assigned": one.assigned,
        "unseen": one.unseen,
        "unseen_in": one.unseen_in,
        "flags": list(one.flags),
        "due": deadlines.bucket(one.by, today),
        "deadlines": [{"why": due.why, "since": str(due.since), "by": str(due.by)} for due in one.due],
    }
