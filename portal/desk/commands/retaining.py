"""retention, review, hold, release, purge and person: what a desk must keep, and what it must forget."""

import argparse
from pathlib import Path
from typing import Any

from portal.channels import load
from portal.desk import asking, cases, console, holding, persons, purging, retention
from portal.desk.cases import Case
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.persons import Mention
from portal.desk.purging import Extent
from portal.desk.session import Desk
from portal.errors import DeskError


def add(command: Command) -> None:
    """Add them to the command line."""
    retained = command("retention", retention_, "Show how long cases stay here, and which are due.")
    base.add_json(retained)
    reviewed = command("review", review, "Record that a case that was due for review is still needed.")
    base.add_id(reviewed)
    held = command("hold", hold, "Keep a case whatever the rules of retention say, until it is released.")
    base.add_id(held)
    held.add_argument("--reason-file", metavar="FILE", type=Path, help="a text file that says why")
    released = command("release", release, "End a hold.")
    base.add_id(released)
    _add_purge(command)
    _add_person(command)


def _add_purge(command: Command) -> None:
    purged = command(
        "purge", purge, "Erase cases for good; asks first. What others hold, such as backups, stays there."
    )
    purged.add_argument("id", metavar="ID", nargs="*", help="the cases")
    purged.add_argument("--due", action="store_true", help="those that are due (`desk retention` lists them)")
    purged.add_argument("--yes", action="store_true", help="without asking")


def _add_person(command: Command) -> None:
    person = command(
        "person", person_, "Find every mention of a person, or record what was decided on a person's request."
    )
    person.add_argument(
        "names", metavar="NAME|ID", nargs="+", help="the name; with --decide, the cases that the decision concerns"
    )
    base.add_json(person)
    person.add_argument("--decide", choices=tuple(persons.DECISIONS), help="what was decided")
    person.add_argument("--note-file", metavar="FILE", type=Path, help="with --decide: a text file with the reasons")


def retention_(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        rules = retention.rules(desk.casebook, desk.name)
        due = retention.due(desk.casebook, rules, desk.today)
    if options.json:
        listed = [{"id": one.case.name, "why": one.why, "since": str(one.since), "goes": one.goes} for one in due]
        print(console.as_json({"rules": retention.as_plain(rules), "due": listed}))
        return base.SUCCESS
    for line in retention.in_words(rules):
        print(line)
    print()
    rows = [(one.case.name, one.why, str(one.since), "goes" if one.goes else "review") for one in due]
    print(console.table([("ID", "WHY", "DUE SINCE", ""), *rows]) if rows else "Nothing is due.")
    if any(one.goes for one in due):
        base.advise(f"Next: desk purge {base.quoted(options.dir)} --due")
    return base.SUCCESS


def review(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        retention.review(desk, cases.find(desk.casebook, options.id))
    print(f"{options.id} is still needed; it comes up for review again later.")
    return base.SUCCESS


def hold(options: argparse.Namespace) -> int:
    reason = base.text_of(options.reason_file) if options.reason_file else ""
    with base.open_(options, writing=True) as desk:
        holding.hold(desk, cases.find(desk.casebook, options.id), reason)
    print(f"{options.id} is held: nothing of it is erased until `desk release`.")
    return base.SUCCESS


def release(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        holding.release(desk, case)
        retention.erase_contacts(desk)
    print(f"{options.id} is not held any more.")
    return base.SUCCESS


def purge(options: argparse.Namespace) -> int:
    if bool(options.id) == options.due:
        options.wrong("say which cases go: ID …, or --due")
    with base.open_(options, writing=True) as desk:
        chosen = _chosen(desk, options)
        going = purging.extent(desk.casebook, chosen)
        if chosen and not options.yes and not _is_sure(going):
            print("Nothing was erased.")
            return base.FAILURE
        contacts = retention.erase_contacts(desk) if options.due else []
        purging.purge(desk, chosen, load(), "due" if options.due else "asked")
    if options.due and not chosen:
        print("No case is due.")
    else:
        print(f"Erased: {_going(going)}{base.named(list(going.cases))}")
    if contacts:
        print(
            f"Contact data of the reporter erased in {base.count(len(contacts), 'closed case')}{base.named(contacts)}"
        )
    if chosen:
        base.advise(
            "Backups made before, and what was handed over, still hold this: delete old backups as your rules say."
        )
    return base.SUCCESS


def _chosen(desk: Desk, options: argparse.Namespace) -> list[Case]:
    if options.due:
        rules = retention.rules(desk.casebook, desk.name)
        return [one.case for one in retention.due(desk.casebook, rules, desk.today) if one.goes]
    chosen = [cases.find(desk.casebook, name) for name in dict.fromkeys(options.id)]
    for case in chosen:
        holding.check_erasable(desk.casebook, case)
    return chosen


def _is_sure(going: Extent) -> bool:
    if not asking.at_terminal():
        raise DeskError("There is nobody to ask whether to erase this: look at it first, then give --yes.")
    base.advise(f"This erases for good: {_going(going)}{base.named(list(going.cases))}")
    if going.merged:
        base.advise(f"Among them is what was merged into another one{base.named(list(going.merged))}")
    if going.unsent:
        base.advise(f"An answer may not have reached the reporter yet{base.named(list(going.unsent))}")
    return asking.confirm("Type yes to erase it: ")


def _going(going: Extent) -> str:
    return ", ".join(
        (
            base.count(len(going.cases), "case"),
            base.count(going.messages, "message"),
            base.count(going.attachments, "attachment"),
            base.count(going.referrals, "referral"),
        )
    )


def person_(options: argparse.Namespace) -> int:
    return _decide(options) if options.decide else _search(options)


def _search(options: argparse.Namespace) -> int:
    if options.note_file:
        options.wrong("--note-file goes with --decide")
    with base.open_(options, writing=True) as desk:
        found = persons.search(desk.casebook, " ".join(options.names))
        persons.record_search(desk, found)
        unread = persons.not_looked_through(desk.casebook)
        marked = {name for name in {one.case for one in found} if _is_restricted(desk, name)}
    if unread:
        base.advise(
            f"Not looked through: the reporter's own contact data, erased here and sealed still{base.named(unread)}"
        )
    if options.json:
        print(console.as_json([_mention_as_json(one, restricted=one.case in marked) for one in found]))
        return base.SUCCESS
    rows = [
        (one.case, "RESTRICTED" if one.case in marked else "", one.day, console.line(one.where), _excerpt(one))
        for one in found
    ]
    print(console.table([("ID", "", "DAY", "WHERE", "TEXT"), *rows]) if rows else "Nobody of this name is mentioned.")
    if rows:
        base.advise(
            "The same name need not be the same person: read before you decide.",
            f"Next: desk person {base.quoted(options.dir)} ID … --decide DECISION --note-file FILE",
        )
    return base.SUCCESS


def _excerpt(one: Mention) -> str:
    return console.reporters_line(" ".join(one.excerpt.split()))


def _is_restricted(desk: Desk, name: str) -> bool:
    return holding.is_restricted(desk.casebook, cases.find(desk.casebook, name))


def _mention_as_json(one: Mention, *, restricted: bool) -> dict[str, Any]:
    return {"id": one.case, "where": one.where, "day": one.day, "text": one.excerpt, "restricted": restricted}


def _decide(options: argparse.Namespace) -> int:
    note = base.text_of(options.note_file) if options.note_file else ""
    with base.open_(options, writing=True) as desk:
        chosen = [cases.find(desk.casebook, name) for name in dict.fromkeys(options.names)]
        for case in chosen:
            persons.decide(desk, case, options.decide, note)
        if options.decide == "unrestricted":
            retention.erase_contacts(desk)
    for case in chosen:
        print(f"{case.name}: {persons.DECISIONS[options.decide]}.")
    return base.SUCCESS
