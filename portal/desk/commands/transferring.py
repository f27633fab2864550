"""transfer and receive: a thread goes from one desk of the site to another."""

import argparse
from pathlib import Path

from portal.channels import load
from portal.desk import cases, merging, other_desks
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.receiving import receive
from portal.desk.transferring import transfer


def add(command: Command) -> None:
    """Add them to the command line."""
    handed = command("transfer", transfer_, "Hand a case to another desk of the site, sealed and signed.")
    base.add_id(handed)
    handed.add_argument("out", metavar="OUT", type=Path, help="the new file")
    handed.add_argument("--to", metavar="DESK", required=True, help="the name of the other desk: stopline")
    handed.add_argument(
        "--recipients",
        metavar="FILE",
        type=Path,
        help="that desk's file NAME.recipients; the first time, or if it is new",
    )
    handed.add_argument(
        "--text-file", metavar="FILE", type=Path, help="what the reporter is told (default: a sentence)"
    )
    handed.add_argument("--notes", action="store_true", help="with the notes of this desk")
    handed.add_argument("--whole", action="store_true", help="all of it, also what was handed over before")
    taken = command("receive", receive_, "Take a case that another desk hands over.")
    taken.add_argument("file", metavar="FILE", type=Path, help="what `desk transfer` wrote there")
    taken.add_argument(
        "--from-key",
        metavar="FILE",
        type=Path,
        required=True,
        help="that desk's file NAME.pub: its fingerprint compared",
    )


def transfer_(options: argparse.Namespace) -> int:
    given = other_desks.read_recipients(options.recipients) if options.recipients else None
    text = base.text_of(options.text_file) if options.text_file else None
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        recipients = given or other_desks.known(desk.casebook, options.to)
        handed = transfer(
            desk, case, options.to, recipients, options.out, text=text, notes=options.notes, whole=options.whole
        )
        others = merging.others(desk.casebook, case)
    parts = [base.count(handed.items, "item"), base.count(handed.answers, "answer"), base.count(handed.notes, "note")]
    print(f"{case.name} is in {options.out}, for the desk {options.to} alone: {', '.join(parts)}.")
    print(f"SHA-256 {handed.sha256.hex()}")
    if handed.left:
        print(f"{base.count(handed.left, 'item')} had no room in it: transfer the case once more.")
    if others:
        base.advise(f"NOTE: reports about the same are not in it, and are handed over on their own{base.named(others)}")
    if handed.told:
        base.advise(
            f"The reporter is told ({handed.told.status}), and writes to {options.to} from then on: "
            f"that leaves with the next pack: desk pack {base.quoted(options.dir)} OUT"
        )
    base.advise(
        f"Next: take it to that desk: desk receive DIR {base.quoted(options.out)} --from-key {desk.name}.pub",
        "What still comes here for this case is handed over by the same command.",
    )
    return base.SUCCESS


def receive_(options: argparse.Namespace) -> int:
    key = other_desks.read_key(options.from_key)
    with base.open_(options, writing=True) as desk:
        received = receive(desk, options.file, key, load())
    parts = [
        base.count(received.items, "item"),
        base.count(received.answers, "answer"),
        base.count(received.notes, "note"),
    ]
    what = "is a new case" if received.new else "is here"
    print(f"{received.case} {what}, from the desk {received.desk}. New in it: {', '.join(parts)}.")
    print(f"{base.count(received.entries, 'entry', 'entries')} of that desk's log on this case, signed by its keys.")
    if received.urgent:
        print(f"URGENT: {received.case}")
    base.advise(f"Next: desk show {base.quoted(options.dir)} {received.case}")
    return base.SUCCESS
