"""links, merge and unmerge: what cases have in common, and reports about one thing that become one case."""

import argparse

from portal.desk import cases, console, linking, merging, views
from portal.desk.commands import base
from portal.desk.commands.base import Command


def add(command: Command) -> None:
    """Add them to the command line."""
    linked = command("links", links, "Show what a case has in common with others, and what became of these.")
    base.add_id(linked)
    base.add_json(linked)
    merged = command("merge", merge, "Merge a case into another about the same thing; `unmerge` takes that back.")
    base.add_id(merged)
    merged.add_argument("into", metavar="INTO", help="the main case, which lists and searches name from then on")
    unmerged = command("unmerge", unmerge, "Separate a case from the one that it was merged into.")
    base.add_id(unmerged)


def links(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        case = cases.find(desk.casebook, options.id)
        found = linking.links(desk.casebook, case)
    if options.json:
        print(console.as_json(views.links_as_json(found)))
        return base.SUCCESS
    if not found:
        print(f"{case.name} has nothing in common with another case.")
        return base.SUCCESS
    print(views.links_as_text(found))
    if len(found) == linking.LINKS:
        print(f"These are the first {linking.LINKS}: there may be more.")
    base.advise(
        "The same address or place need not be the same matter: read before you decide.",
        f"Next: desk merge {base.quoted(options.dir)} ID {case.merged_into or case.name}, with the ID of another one",
    )
    return base.SUCCESS


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
