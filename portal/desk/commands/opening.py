"""open: the page, for people who do not live in a terminal."""

import argparse
import sys

from portal.desk import asking, session
from portal.desk.commands import base
from portal.desk.commands.base import Command


def add(command: Command) -> None:
    """Add it to the command line."""
    opened = command("open", open_, "Open the desk as a page in the browser of this machine.")
    opened.add_argument(
        "--port", type=int, default=0, metavar="N", help="the port on this machine (default: a free one)"
    )
    opened.add_argument(
        "--no-browser", action="store_true", help="open no browser: only print the address to open in one"
    )


def open_(options: argparse.Namespace) -> int:
    # Flask and everything that knows the network is loaded by this command alone.
    from portal.desk.web.running import run

    place = session.find(options.dir)
    passphrase = None
    if options.passphrase_file or asking.at_terminal():
        passphrase = asking.passphrase(options.passphrase_file)
    run(place, options.person, passphrase, options.port, browse=not options.no_browser, say=_say)
    return base.SUCCESS


def _say(text: str, *, is_address: bool) -> None:
    """An address goes to standard output, for scripts; advice to standard error."""
    print(text, file=sys.stdout if is_address else sys.stderr, flush=True)
