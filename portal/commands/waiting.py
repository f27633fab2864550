"""waiting: whether somebody should come with a stick."""

import argparse
import json
from contextlib import closing

from portal.commands import base
from portal.commands.base import Command

NOTHING, SOMETHING = 0, 3
"""Exit statuses; 1 is an error and 2 a wrong command line, as everywhere."""


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command(
        "waiting",
        _waiting,
        "Say how many sealed items wait for a desk. The exit status is 0 if there are none, 3 if there are some, and "
        "1 if that could not be found out.",
    )
    added.add_argument("--desk", required=True, metavar="NAME")
    added.add_argument("--json", action="store_true", help="for other programs")


def _waiting(options: argparse.Namespace) -> int:
    chosen = base.settings_of(options)
    base.check_desk(chosen, options.desk)
    with closing(base.store_of(chosen)) as store:
        count = store.waiting_count(options.desk)
    print(json.dumps({"desk": options.desk, "waiting": count}) if options.json else count)
    return SOMETHING if count else NOTHING
