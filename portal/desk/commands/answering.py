"""reply, withdraw and status: what the reporter reads with the eight words."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from portal.channels import load
from portal.desk import bulk, cases, console, contacts, merging, staff, templating
from portal.desk.bulk import Outcome, Wish
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.replies import readers, reply
from portal.desk.withdrawing import withdraw
from portal.errors import DeskError
from portal.report import STATUSES


def add(command: Command) -> None:
    """Add it to the command line."""
    replied = command("reply", reply_, "Answer the reporter, and give the case a status.")
    base.add_id(replied)
    replied.add_argument("--status", required=True, choices=STATUSES)
    replied.add_argument(
        "--text-file", metavar="FILE", type=Path, help="what to say, UTF-8 text of at most 4,000 bytes"
    )
    replied.add_argument(
        "--template",
        action="store_true",
        help="say what `desk template` has for the status, in the report's language; the text of --text-file below it",
    )
    replied.add_argument(
        "--despite-staff-warning", action="store_true", help="even if the text names somebody of the staff list"
    )
    replied.add_argument(
        "--follow-up",
        metavar="DESK",
        nargs="+",
        help="desks that the reporter's further messages go to (default: those that have the thread now)",
    )

    withdrawn = command("withdraw", withdraw_, "Take back an answer that no pack has carried yet.")
    base.add_id(withdrawn)
    withdrawn.add_argument("number", metavar="NUMBER", type=int, nargs="?", help="which one (default: the last)")
    told = command("status", status, "Give several cases one status, and tell each reporter in the report's language.")
    told.add_argument("status", metavar="STATUS", choices=STATUSES, help=", ".join(STATUSES))
    told.add_argument("ids", metavar="ID", nargs="+", help="the cases")
    told.add_argument("--text-file", metavar="FILE", type=Path, help="what to say to all of them, UTF-8 text")
    told.add_argument(
        "--template",
        action="store_true",
        help="say what `desk template` has for the status, in each report's language; the text of --text-file below it",
    )
    told.add_argument(
        "--despite-staff-warning", action="store_true", help="even if the text names somebody of the staff list"
    )
    base.add_json(told)


def reply_(options: argparse.Namespace) -> int:
    text = base.text_of(options.text_file) if options.text_file else ""
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        if options.template:
            language = cases.messages(desk.casebook, case)[0].report.language
            text = "\n\n".join(
                part for part in (templating.text(desk.casebook, options.status, language), text) if part
            )
        _check_staff(options, staff.mentions(desk.casebook, text))
        follow_up = options.follow_up or readers(desk, case, load())
        answer = reply(desk, case, options.status, text, follow_up, desk.today)
        others = merging.others(desk.casebook, case)
    size = len(answer.text.encode())
    print(f"Answer {answer.number} to {case.name} is stored: {answer.status}, {size:,} bytes of text.")
    print(f"Further messages of the reporter go to: {', '.join(answer.follow_up)}.")
    if others:
        base.advise(
            f"Other reporters of the same matter are not told{base.named(others)}",
            f"For all of them at once: desk status {base.quoted(options.dir)} STATUS ID …",
        )
    if answer.status == "question" and not answer.text:
        base.advise("NOTE: the reporter is told that there is a question, and not which: desk withdraw takes it back.")
    base.advise(f"It leaves with the next pack: desk pack {base.quoted(options.dir)} OUT")
    return base.SUCCESS


def withdraw_(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        gone = withdraw(desk, cases.find(desk.casebook, options.id), options.number)
    print(f"Answer {gone.reply.number} to {options.id} is withdrawn; the case's status is {gone.status}.")
    if gone.reply.status == contacts.CLOSED:
        base.advise("Contact data that closing the case has erased do not come back.")
    return base.SUCCESS


def status(options: argparse.Namespace) -> int:
    text = base.text_of(options.text_file) if options.text_file else ""
    wish = Wish(options.status, text, options.template)
    with base.open_(options, writing=True) as desk:
        _check_staff(options, bulk.warnings(desk.casebook, wish))
        outcome = bulk.set_status(desk, options.ids, wish, base.progress)
    if options.json:
        skipped = [{"id": name, "reason": reason} for name, reason in outcome.skipped]
        print(
            console.as_json(
                {"told": outcome.told, "untold": outcome.untold, "skipped": skipped, "urgent": outcome.urgent}
            )
        )
        return _status(outcome)
    told = base.count(len(outcome.told), "reporter")
    languages = ", ".join(f"{count} in {language}" for language, count in sorted(outcome.languages.items()))
    print(f"{told} told: {options.status}{f' ({languages})' if languages else ''}.")
    if outcome.untold:
        print(f"The status alone, since no mailbox is known{base.named(outcome.untold)}")
    for reason, names in _by_reason(outcome.skipped):
        print(f"{base.count(len(names), 'case')} left as {'it was' if len(names) == 1 else 'they were'}: {reason}")
        print(f"    {', '.join(names[: base.LISTED])}{', …' if len(names) > base.LISTED else ''}")
    if outcome.urgent:
        base.advise(
            f"URGENT among them{base.named(outcome.urgent)}", "desk withdraw takes an answer back that has not left."
        )
    if outcome.told:
        base.advise(f"They leave with the next pack: desk pack {base.quoted(options.dir)} OUT")
    return _status(outcome)


def _status(outcome: Outcome) -> int:
    """Cases that are as wished already are no failure, IDs of no case are."""
    if not outcome.unknown:
        return base.SUCCESS
    named = console.line(base.named(outcome.unknown))
    base.advise(f"error: {base.count(len(outcome.unknown), 'ID')} of no case here, the others are done{named}")
    return base.FAILURE


def _by_reason(skipped: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    reasons = dict.fromkeys(reason for _, reason in skipped)
    return [(reason, [console.line(name) for name, why in skipped if why == reason]) for reason in reasons]


def _check_staff(options: argparse.Namespace, named: list[str]) -> None:
    if named and not options.despite_staff_warning:
        raise DeskError(
            f"The text names people of this desk, and nothing was stored. {' '.join(named)} "
            "Change it, or give --despite-staff-warning."
        )
