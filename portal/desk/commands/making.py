"""init and key: a new desk, and what it shows of itself."""

import argparse

from portal import bundle
from portal.desk import asking, portals, session
from portal.desk.commands import base
from portal.desk.commands.base import Command

_ADVISED_CHARACTERS = 20


def add(command: Command) -> None:
    """Add them to the command line."""
    made = command("init", init, "Make a new desk in an empty folder.")
    made.add_argument("--desk", required=True, metavar="NAME", help="its name in the portal's configuration: police")
    command("key", key, "Show the desk's public keys and the portals that it knows.")


def init(options: argparse.Namespace) -> int:
    passphrase = asking.passphrase(options.passphrase_file, new=True)
    keys = session.make(options.dir, options.desk, passphrase, options.person)
    public = options.dir / "public"
    base.advise(
        f"The desk {keys.desk} is ready in {options.dir}. Items for it are sealed to this recipient:",
    )
    print(keys.recipient, flush=True)
    base.advise(
        f"Fingerprint of this recipient: {' '.join(bundle.recipient_fingerprint(keys.recipient))}",
        f"Fingerprint of its signing key: {portals.words(keys.verify_key)}",
        f"Next: copy {public / keys.desk}.recipients and {public / keys.desk}.pub into the portal's keys folder,",
        "and let the operator there compare the fingerprints with you.",
        "There is no way back into this desk without the passphrase but a paper copy, which belongs into a safe:",
        f"desk paper {base.quoted(options.dir)} OUT",
    )
    if len(passphrase) < _ADVISED_CHARACTERS:
        base.advise("The passphrase is short. It is all that protects a stolen desk: six random words are better.")
    return base.SUCCESS


def key(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        known = portals.pinned(desk.casebook)
        keys = desk.keyring
    print(f"Desk {keys.desk}, keyring of {keys.person}")
    print("Recipient, to which the portal seals:")
    print(keys.recipient)
    print(f"    fingerprint: {' '.join(bundle.recipient_fingerprint(keys.recipient))}")
    older = len(keys.identities) - 1
    if older:
        print(f"{base.count(older, 'older identity', 'older identities')} opens what came before.")
    print("Signing key of its packs (minisign):")
    print(keys.verify_key.to_base64().decode())
    print(f"    fingerprint: {portals.words(keys.verify_key)}")
    for portal in known:
        print(f'Portal "{portal.name}":')
        print(portal.key.to_base64().decode())
        print(f"    fingerprint: {portals.words(portal.key)}")
    if not known:
        print("No portal is known yet: the first import takes its key.")
    return base.SUCCESS
