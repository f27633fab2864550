"""import and pack: what comes from the portal, and what goes back."""

import argparse
from pathlib import Path

from portal.channels import load
from portal.desk import asking, backup_place, cases, console, origins, portals, transferring
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.dropping import import_file
from portal.desk.importing import Outcome
from portal.desk.packing import make_pack
from portal.desk.portals import Trust
from portal.errors import DeskError


def add(command: Command) -> None:
    """Add them to the command line."""
    imported = command("import", import_, "Import a bundle that the portal exported, or one sealed item.")
    imported.add_argument("bundle", metavar="BUNDLE", type=Path, help="the bundle; or an .age file, binary or armored")
    imported.add_argument(
        "--portal-key", metavar="FILE", type=Path, help="the portal's portal.pub: needed with its first bundle"
    )
    imported.add_argument("--portal-name", metavar="NAME", help="what to call a portal that is new here")
    packed = command("pack", pack, "Write a pack for the portal: acknowledgements and answers.")
    packed.add_argument("out", metavar="OUT", type=Path, help="the new file")
    packed.add_argument("--portal", metavar="NAME", help="for which portal, where the desk knows several")


def import_(options: argparse.Namespace) -> int:
    key = portals.read_key(options.portal_key) if options.portal_key else None
    trust = Trust(key, options.portal_name, asking.portal_key if asking.at_terminal() else None)
    with base.open_(options, writing=True) as desk:
        outcome = import_file(desk, options.bundle, load(), trust, base.progress)
        to_carry = transferring.to_carry(desk.casebook)
        written = [cases.find(desk.casebook, name) for name in dict.fromkeys(outcome.messages)]
    _print_outcome(outcome)
    if outcome.quarantined:
        base.advise(
            f"What is in quarantine stays sealed in {options.dir / 'quarantine'}: ask the portal's operator about it."
        )
    for case in [case for case in written if case.merged_into][: base.LISTED]:
        base.advise(f"{case.name} is merged into {case.merged_into}, where lists show that something came.")
    for name, to in to_carry[: base.LISTED]:
        base.advise(f"Something came to {name}, which is with the desk {to}: hand it over with desk transfer.")
    if outcome.cases or outcome.messages:
        base.advise(f"Next: desk list {base.quoted(options.dir)}")
    if outcome.stopped:
        raise DeskError(f"The bundle was not imported to its end; what is named above is kept. {outcome.stopped}")
    return base.SUCCESS


def _print_outcome(outcome: Outcome) -> None:
    older = "; a newer one was imported before" if outcome.older else ""
    if outcome.portal == origins.BY_HAND:
        print("One sealed item, dropped in by hand: nothing is acknowledged to a portal.")
    else:
        print(f'Bundle {outcome.counter} of {console.line(outcome.day)} from the portal "{outcome.portal}"{older}.')
    print(base.count(len(outcome.cases), "new case") + base.named(outcome.cases))
    print(base.count(len(outcome.messages), "new message to a known case", "new messages to known cases"), end="")
    print(base.named(list(dict.fromkeys(outcome.messages))))
    print(f"{outcome.known} already here")
    if outcome.resent:
        print(f"{base.count(outcome.resent, 'answer')} that the portal had taken and lost: they go with the next pack.")
        base.advise("The portal was put back from a backup. What its reporters had read may be there once more.")
    print(f"{len(outcome.quarantined)} in quarantine")
    for item, reason in outcome.quarantined[: base.LISTED]:
        print(f"    {item}: {reason}")
    if len(outcome.quarantined) > base.LISTED:
        print(f"    … and {len(outcome.quarantined) - base.LISTED} more")
    if outcome.urgent:
        print(f"URGENT: {', '.join(outcome.urgent)}")


def pack(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        portal = portals.find(desk.casebook, options.portal)
        packed = make_pack(desk, portal, options.out)
        place = backup_place.place(desk.casebook)
    items, answers = base.count(packed.collected, "item"), base.count(packed.replies, "answer")
    print(f'Pack {packed.counter} for the portal "{portal.name}" is in {options.out}: {items} acknowledged, {answers}.')
    if packed.left:
        print(f"{packed.left} more had no room in it: they go with a later pack.")
    if packed.held:
        print(
            f"{base.count(packed.held, 'item')} held back: no backup holds {'it' if packed.held == 1 else 'them'} yet."
        )
        base.advise(f"Next: desk backup {base.quoted(options.dir)}, and then pack once more.")
    if place is None and packed.collected:
        base.advise(
            "No backup place is set: if this disk breaks, what this pack acknowledges is lost. "
            f"Set one: desk backup-place {base.quoted(options.dir)} FOLDER --to RECIPIENT"
        )
    base.advise(f"Next: take it to the portal: portal import --state DIR --keys DIR {base.quoted(options.out)}")
    return base.SUCCESS
