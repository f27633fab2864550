"""reply and withdraw: what the reporter reads with the eight words."""

import argparse
from pathlib import Path

from portal.desk import cases, contacts, staff, templating
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.replies import reply
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
        "--template", action="store_true", help="say what `desk template` has for the status, in the report's language"
    )
    replied.add_argument(
        "--despite-staff-warning", action="store_true", help="even if the text names somebody of the staff list"
    )
    replied.add_argument(
        "--follow-up",
        metavar="DESK",
        nargs="+",
        help="desks that the reporter's further messages go to (default: this one)",
    )

    withdrawn = command("withdraw", withdraw_, "Take back an answer that no pack has carried yet.")
    base.add_id(withdrawn)
    withdrawn.add_argument("number", metavar="NUMBER", type=int, nargs="?", help="which one (default: the last)")


def reply_(options: argparse.Namespace) -> int:
    text = base.text_of(options.text_file) if options.text_file else ""
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        if options.template:
            language = cases.messages(desk.casebook, case)[0].report.language
            text = "\n\n".join(
                part for part in (templating.text(desk.casebook, options.status, language), text) if part
            )
        if not options.despite_staff_warning and (named := staff.mentions(desk.casebook, text)):
            raise DeskError(
                f"The text names people of this desk, and nothing was stored. {' '.join(named)} "
                "Change it, or give --despite-staff-warning."
            )
        follow_up = options.follow_up or [desk.name]
        answer = reply(desk, case, options.status, text, follow_up, desk.today)
    size = len(answer.text.encode())
    print(f"Answer {answer.number} to {case.name} is stored: {answer.status}, {size:,} bytes of text.")
    print(f"Further messages of the reporter go to: {', '.join(answer.follow_up)}.")
    base.advise(f"It leaves with the next pack: desk pack {base.quoted(options.dir)} OUT")
    return base.SUCCESS


def withdraw_(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        gone = withdraw(desk, cases.find(desk.casebook, options.id), options.number)
    print(f"Answer {gone.reply.number} to {options.id} is withdrawn; the case's status is {gone.status}.")
    if gone.reply.status == contacts.CLOSED:
        base.advise("Contact data that closing the case has erased do not come back.")
    return base.SUCCESS
