"""demo: a desk full of invented reports, to look at."""

import argparse
import time

from portal.desk import asking, demo
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.errors import DeskError

REPORTS, SEED = 300, 1
_MOST = 100_000


def add(command: Command) -> None:
    """Add it to the command line."""
    made = command("demo", demo_, "Make a demonstration: a new desk full of invented reports. Not for real use.")
    made.add_argument(
        "--reports", metavar="N", type=int, default=REPORTS, help="how many reports (default: %(default)s)"
    )
    made.add_argument(
        "--seed",
        metavar="N",
        type=int,
        default=SEED,
        help="another number gives other reports (default: %(default)s)",
    )


def demo_(options: argparse.Namespace) -> int:
    if not 1 <= options.reports <= _MOST:
        raise DeskError(f"A demonstration has 1 to {_MOST:,} reports: choose a number between them.")
    passphrase = demo.PASSPHRASE
    if options.passphrase_file is not None:
        passphrase = asking.passphrase(options.passphrase_file)
    begun = time.monotonic()
    made = demo.make(options.dir, passphrase, reports=options.reports, seed=options.seed, progress=base.progress)
    seconds = time.monotonic() - begun
    print(f"The demonstration is ready in {options.dir}: {base.count(made.reports, 'invented report')},")
    print(f"{base.count(made.messages, 'follow-up')}, {base.count(made.answers, 'answer')}, made in {seconds:.0f} s.")
    print(f"Caseworkers (--person): {', '.join(made.people)}. Nothing in it is real.")
    if options.passphrase_file is None:
        print(f"Passphrase: {passphrase}  (also in {options.dir / 'passphrase'})")
    file = options.passphrase_file or options.dir / "passphrase"
    base.advise(f"Next: desk list {base.quoted(options.dir)} --passphrase-file {base.quoted(file)}")
    return base.SUCCESS
