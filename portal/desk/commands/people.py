"""people, add-person, remove-person, passphrase, rotate: who opens the desk, and with which keys."""

import argparse
from pathlib import Path

from portal.desk import asking, console, people, portals
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.keyring import Keyring


def add(command: Command) -> None:
    """Add them to the command line."""
    listed = command("people", people_, "Show who can open this desk.")
    base.add_json(listed)
    added = command("add-person", add_person, "Let somebody in, with a name and a passphrase of their own.")
    removed = command("remove-person", remove_person, "Take somebody's access away; the desk gets new keys.")
    for each in (added, removed):
        each.add_argument("name", metavar="NAME", help="small letters, digits and hyphens")
    changed = command("passphrase", passphrase, "Change your own passphrase.")
    for each in (added, changed):
        each.add_argument("--new-passphrase-file", type=Path, metavar="FILE", help="without it, it is asked for")
    command("rotate", rotate, "Give the desk a new identity and a new signing key; old items still open.")


def people_(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        found = people.listed(desk)
        me = desk.person
    if options.json:
        print(console.as_json([{"name": person.name, "ready": person.is_ready} for person in found]))
        return base.SUCCESS
    for person in found:
        print(person.name + ("  (you)" if person.name == me else "") + ("" if person.is_ready else "  (not finished)"))
    if not all(person.is_ready for person in found):
        base.advise("Whoever is not finished has no keyring yet: desk add-person once more.")
    return base.SUCCESS


def add_person(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        new = asking.passphrase(options.new_passphrase_file, new=True, option="--new-passphrase-file")
        people.let_in(desk, options.name, new)
    print(f"{options.name} can open this desk now.")
    base.advise(f"Next: {options.name} opens it with --person {options.name}, and changes the passphrase.")
    return base.SUCCESS


def remove_person(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        ring = people.remove(desk, options.name)
    print(f"{options.name} cannot open this desk any more, and no copy made from now on.")
    _say_new_keys(options, ring)
    base.advise(
        "Old copies and backups still open with the old keyring: collect or erase those that are not in a safe."
    )
    return base.SUCCESS


def passphrase(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        people.change_passphrase(
            desk, asking.passphrase(options.new_passphrase_file, new=True, option="--new-passphrase-file")
        )
        me = desk.person
    print(f"The passphrase of {me} is changed.")
    base.advise("Copies of the desk made before still open with the old one.")
    return base.SUCCESS


def rotate(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        ring = people.rotate(desk)
    print("The desk has a new identity and a new signing key; what was sealed to the old identity still opens.")
    _say_new_keys(options, ring)
    return base.SUCCESS


def _say_new_keys(options: argparse.Namespace, ring: Keyring) -> None:
    public = options.dir / "public"
    print("The new recipient, to which the portal must seal from now on:")
    print(ring.recipient)
    base.advise(
        f"Fingerprint of the new signing key: {portals.words(ring.verify_key)}",
        f"Next, soon: copy {public / ring.desk}.recipients and {public / ring.desk}.pub into the portal's keys folder,",
        "both at once. Packs made before that was done are refused there: make them again, nothing is lost.",
    )
