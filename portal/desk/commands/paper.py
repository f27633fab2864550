"""paper, paper-check and recover: the way back in when a passphrase is lost."""

import argparse
from pathlib import Path

from portal.age import HybridIdentity
from portal.desk import asking, session
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.paper import lines, making, opening
from portal.errors import DeskError


def add(command: Command) -> None:
    """Add them to the command line."""
    made = command("paper", paper, "Print your way back into the desk on paper, as PDF.")
    made.add_argument(
        "out",
        metavar="OUT",
        type=Path,
        nargs="?",
        help="the new file; without it, the lines are shown",
    )
    checked = command("paper-check", check, "Try what was typed from a paper copy; nothing is changed.", desk=False)
    recovered = command("recover", recover, "Set a new passphrase with a paper copy.", desk=False)
    for each in (checked, recovered):
        each.add_argument("dir", metavar="DIR", type=Path, help="the desk's folder")
        each.add_argument(
            "file",
            metavar="FILE",
            type=Path,
            nargs="?",
            help="a text file with the lines; else they are asked for",
        )
    recovered.add_argument("--person", metavar="NAME", help="whose paper it should be")
    recovered.add_argument(
        *("--new-passphrase-file", "--passphrase-file"), metavar="FILE", type=Path, help="without it, it is asked for"
    )


def paper(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        if options.out is None:
            told = making.dictate(desk)
        else:
            making.print_copy(desk, options.out)
        own = desk.keyring.own
    if options.out is None:
        base.advise("Write these lines down by hand, with their numbers, and then close this window:")
        print(told)
    else:
        print(f"The paper copy of {options.person} is in {options.out}.")
        base.advise(
            f"Next: print it, try the print with desk paper-check {base.quoted(options.dir)}, and erase the file.",
        )
    base.advise("Whoever has the paper and a copy of this desk's files reads all of it: keep it in a safe.")
    if own is not None:
        base.advise("A backup that is to open with the paper as well is sealed --to the recipient:", str(own.recipient))
    return base.SUCCESS


def check(options: argparse.Namespace) -> int:
    opened = opening.check(session.find(options.dir), _typed(options.file))
    print(f"It opens the desk {opened.desk}, with {base.count(opened.cases, 'case')}, as {opened.person}.")
    _advise_erasing(options.file)
    return base.SUCCESS


def recover(options: argparse.Namespace) -> int:
    place = session.find(options.dir)
    identity = _typed(options.file)
    person = opening.check(place, identity).person
    if options.person not in (None, person):
        raise DeskError(f"This is the paper copy of {person}, not of {options.person}, and nothing was changed.")
    passphrase = asking.passphrase(options.new_passphrase_file, new=True, option="--new-passphrase-file")
    opening.recover(place, identity, person, passphrase)
    print(f"{person} opens this desk with the new passphrase now. The paper copy stays good: put it back.")
    _advise_erasing(options.file)
    return base.SUCCESS


def _typed(file: Path | None) -> HybridIdentity:
    return asking.paper_lines() if file is None else lines.read(base.text_of(file))


def _advise_erasing(file: Path | None) -> None:
    if file is not None:
        base.advise(f"Erase {file} now: it does what the paper does.")
