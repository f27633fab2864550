"""show and extract: one case, and a file of it."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from portal.channels import LANGUAGES, load
from portal.desk import (
    cases,
    console,
    content,
    flagged,
    holding,
    labelling,
    linking,
    looking,
    merging,
    origins,
    persons,
    sealing_away,
    tombstones,
    views,
)
from portal.desk.cases import Case
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.extracting import extract
from portal.desk.folder import check_free
from portal.desk.referring import remembering
from portal.desk.session import Desk


def add(command: Command) -> None:
    """Add them to the command line."""
    shown = command("show", show, "Show a case: all messages and answers.")
    base.add_json(shown)
    base.add_id(shown)
    shown.add_argument("--answers", action="store_true", help="with --json: our own answers as well")
    shown.add_argument("--language", choices=LANGUAGES, help="of the labels (default: the setting `labels`)")
    extracted = command("extract", extract_, "Take an attachment out, unopened, into a new file.")
    base.add_id(extracted)
    extracted.add_argument(
        "number", metavar="N", type=int, help="which one, from 1, counted through all messages of the case"
    )
    extracted.add_argument("out", metavar="OUT", type=Path, help="the new file")


def show(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        case = cases.find(desk.casebook, options.id)
        messages, answers = cases.messages(desk.casebook, case), cases.answers(desk.casebook, case)
        merged, links = merging.parts(desk.casebook, case), linking.links(desk.casebook, case)
        gone = sealing_away.by_number(desk, case)
        channels = load()
        language = options.language or labelling.language(desk.casebook)
        flags = flagged.of_case(desk, case, channels, language)
        referrals, source = remembering.listed(desk.casebook, case), origins.source(desk.casebook, case)
        limits = list(_limits(desk, case))
        hold, decided = holding.find(desk.casebook, case), persons.decided(desk.casebook, case)
        unrecorded = looking.try_to_look(desk, case)
    if unrecorded:
        base.advise(f"That you looked at this case is not in its history: {unrecorded}")
    if options.json:
        shown = views.thread_as_json(case, messages, merged, links)
        more = {"replies": views.answers_as_json(answers)} if options.answers else {}
        about = {
            "hold": hold and asdict(hold),
            "decisions": [asdict(one) for one in decided],
            "source": source,
            "flags": [asdict(flag) for flag in flags],
            "referrals": views.referrals_as_json(referrals),
        }
        print(console.as_json(shown | about | more))
        return base.SUCCESS
    said = [*limits, *views.flags_as_text(flags), *views.ways_as_text(source, referrals)]
    print(views.thread_as_text(case, messages, answers, channels, language, merged, links, said))
    for number, one in gone.items():
        print(f"Attachment {number} was sealed to {one.authority} on {one.day}, unopened, and is not here any more.")
    if sealing_away.is_advised(messages):
        base.advise(
            "The reporter may have been sent an image of abuse: do not open the attachments.",
            f"desk quarantine {base.quoted(options.dir)} {case.name} N seals one to an authority and erases it here.",
        )
    elif any(message.report.attachments for message in messages):
        base.advise(f"Next: desk extract {base.quoted(options.dir)} {case.name} N OUT takes out attachment N.")
    return base.SUCCESS


def _limits(desk: Desk, case: Case) -> Iterator[str]:
    """What may not be done with a case, and what was there before, one a line."""
    if case.restricted:
        since = [one.day for one in persons.decided(desk.casebook, case) if one.decision == "restriction"][-1]
        yield f"RESTRICTED since {since}, on somebody's request: it is kept, and used for nothing else."
    if hold := holding.find(desk.casebook, case):
        why = f": {console.line(hold.reason)}" if hold.reason else "."
        yield f"HELD since {hold.day} by {hold.person}, whatever the rules of retention say{why}"
    if earlier := tombstones.earlier(desk.casebook, case.id):
        yield f"Case {earlier.name} of the same reporter was erased on {earlier.day}: {earlier.status}."


def extract_(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        check_free(options.out)
        base.advise(_warning(desk, case, options.number))
        attachment = extract(desk, case, options.number, options.out)
    print(f"Attachment {options.number} of {options.id} is in {options.out}: {attachment.size:,} bytes, not opened.")
    print(f"SHA-256 {attachment.sha256}, as its report says.")
    return base.SUCCESS


def _warning(desk: Desk, case: Case, number: int) -> str:
    """What is about to lie on this machine in clear, by its first bytes and not by what its sender called it."""
    message, place, attachment = content.find(desk, case, number)
    looks = content.types(desk, message)[place - 1]
    return (
        f"WARNING: attachment {number} has {attachment.size:,} bytes, and its first bytes are those of {looks}. "
        "If it may show abuse, do not open it: desk quarantine."
    )
