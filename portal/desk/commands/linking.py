"""merge and unmerge: several reports about one thing become one case, and several again."""

import argparse

from portal.desk import cases, merging
from portal.desk.commands import base
from portal.desk.commands.base import Command


def add(command: Command) -> None:
    """Add them to the command line."""
    merged = command("merge", merge, "Merge a case into another about the same thing; `unmerge` takes that back.")
    base.add_id(merged)
    merged.add_argument("into", metavar="INTO", help="the main case, which lists and searches name from then on")
    unmerged = command("unmerge", unmerge, "Separate a case from the one that it was merged into.")
    base.add_id(unmerged)


def merge(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        case, into = cases.find(desk.casebook, options.id), cases.find(desk.casebook, options.into)
        merging.merge(desk, case, into)
    print(f"{case.name} is merged into {into.name}: lists name {into.name} alone, and nothing of either is lost.")
    base.advise(
        f"Each has a reporter of its own, who is answered with the ID of the report: {case.name} or {into.name}.",
        f"To separate them again: desk unmerge {base.quoted(options.dir)} {case.name}",
    )
    return base.SUCCESS


def unmerge(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        main = merging.unmerge(desk, case)
    print(f"{case.name} is a case of its own again, and no part of {main}.")
    return base.SUCCESS
