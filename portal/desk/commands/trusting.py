"""trust: a portal's new key, once it was compared."""

import argparse
from pathlib import Path

from portal.desk import asking, portals
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.trusting import trust
from portal.errors import DeskError

_ANEW = (
    "Was the portal installed anew, without its old state? Then it is another portal, where nobody has a mailbox yet: "
    "do not trust its key here, but import its first bundle under a new name (desk import … --portal-name NAME)."
)


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command("trust", trust_, "Trust a portal's new key in place of its old one.")
    added.add_argument("--portal", metavar="NAME", help="which portal, where the desk knows several")
    added.add_argument("--portal-key", metavar="FILE", type=Path, required=True, help="its new portal.pub")
    added.add_argument(
        "--words",
        metavar='"WORDS"',
        help="the new key's fingerprint, as its operator read it out; else it is asked for",
    )


def trust_(options: argparse.Namespace) -> int:
    key = portals.read_key(options.portal_key)
    base.advise(_ANEW)
    if options.words is None and not asking.at_terminal():
        raise DeskError('There is nobody to ask for the fingerprint of the new key: give it with --words "…".')
    with base.open_(options, writing=True) as desk:
        name = portals.find(desk.casebook, options.portal).name
        words = asking.new_key_words(name) if options.words is None else options.words
        trusted = trust(desk, name, key, words)
    print(f'The portal "{trusted.name}" is known by its new key now.')
    print(f"Old: {portals.words(trusted.old)}\nNew: {portals.words(key)}")
    base.advise(
        "Bundles that the old key signed are refused from now on: export a new one at the portal and import it.",
        "A pack that was not taken to the portal yet is refused there: make a new one, nothing is lost.",
    )
    return base.SUCCESS
