"""tend, renew-session, backup, restore: what keeps a portal whole, and what it should forget."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from portal import backup, exchange, files, limits, state
from portal.age import (
    HybridRecipient,
    Identity,
    Recipient,
    decrypt,
    encrypt,
    parse_identities,
    parse_recipient,
    parse_recipients,
)
from portal.commands import base
from portal.commands.base import Command
from portal.errors import AgeError, PortalBackupError
from portal.store import Store

_IDENTITY_BYTES = 64 * limits.KIB


RECIPIENT_PREFIX = "age1"
"""How every recipient begins, and hardly a file."""


def add(command: Command) -> None:
    """Add them to the command line."""
    command("tend", _tend, "Forget expired replies and the order of arrival; a portal that serves does it every night.")
    command("renew-session", _renew, "Replace session.secret; forms and mailboxes that are open stay good.")
    made = command("backup", _backup, "Write a backup, sealed to recipients; the portal may go on serving.")
    base.add_keys(made, required=False)
    made.add_argument("out", type=Path, metavar="OUT", nargs="?", help="the new file")
    made.add_argument(
        "--into", type=Path, metavar="FOLDER", help="instead of OUT: a new file in here, named by the day"
    )
    made.add_argument("--to", metavar="RECIPIENT", nargs="+", default=[], help="age1pq1…, whose identity is elsewhere")
    made.add_argument("--to-file", type=Path, metavar="FILE", help="recipients, one a line")
    restored = command("restore", _restore, "Make a portal out of a backup, in a new state folder.")
    restored.add_argument("backup", type=Path, metavar="IN")
    restored.add_argument("-i", "--identity", type=Path, required=True, metavar="FILE", help="what opens the backup")


def _tend(options: argparse.Namespace) -> None:
    with closing(base.store_of(base.settings_of(options))) as store:
        result = store.tend(exchange.month_after(base.today(), 0))
    print(f"{base.count(result.replies_deleted, 'expired answer')} deleted; the order of arrival is forgotten.")


def _renew(options: argparse.Namespace) -> None:
    sealed = state.is_credential(state.secret_path(options.state, state.SESSION_SECRET))
    last = state.renew_session(options.state, base.today())
    print(f"A new secret is in {options.state / state.SESSION_SECRET}; pages that are open stay good.")
    print(
        ("Seal it with portevoix-seal, then start" if sealed else "Start")
        + f" the portal again within {limits.SESSION_RESTART_DAYS} days (systemctl restart portevoix): it goes on with "
        f"the old secret until then. The old one is not read after {last}, and then make a new backup.",
        file=sys.stderr,
    )


def _backup(options: argparse.Namespace) -> None:
    if not (options.out or options.into) and options.to and not options.to[-1].startswith(RECIPIENT_PREFIX):
        # `--to RECIPIENT… OUT`: argparse takes all that follows an option for its own.
        options.out = Path(options.to.pop())
    recipients = _recipients(options)
    out = options.out or _named(options.into)
    if out.exists():
        raise PortalBackupError(f"{out} exists already and is not overwritten: choose another name.")
    chosen = base.settings_of(options)
    with closing(base.store_of(chosen)) as store:
        writer = backup.Writer(store, chosen.state, chosen.keys, base.today())
        files.write(out, encrypt(recipients, writer.pieces()))
    copied = writer.copied
    print(f"{out}: {base.count(copied.items, 'item')}, {base.count(copied.replies, 'answer')}, and the secrets.")
    print(
        "Keep it apart from this machine, and not longer than 7 days: it holds what reporters and desks delete later.",
        file=sys.stderr,
    )


def _recipients(options: argparse.Namespace) -> list[Recipient]:
    try:
        found = [parse_recipient(text) for text in options.to]
        found += parse_recipients(options.to_file.read_text()) if options.to_file else []
    except AgeError as error:
        raise PortalBackupError(f"A recipient of the backup cannot be used: {error}") from None
    if not all(isinstance(recipient, HybridRecipient) for recipient in found):
        raise PortalBackupError(
            "A backup is sealed to post-quantum recipients only (age1pq1…): make one on the machine that keeps its "
            "identity, with `python -m portal.age keygen` of a release or a desk (docs/operations.md, Backup) or "
            "`age-keygen -pq` of age 1.3 or newer."
        )
    if not found:
        raise PortalBackupError(
            "Say to whom the backup is sealed: --to RECIPIENT, whose identity is not on this machine."
        )
    return found


def _named(folder: Path | None) -> Path:
    if folder is None:
        raise PortalBackupError("Say where the backup goes: OUT, a new file, or --into FOLDER.")
    return folder / f"portevoix-{base.today().isoformat()}.age"


def _restore(options: argparse.Namespace) -> None:
    files.make_folder(options.state)
    chosen = base.settings_of(options)
    with closing(Store(chosen.database)) as store:
        store.create()
        identities = _identities(options.identity)
        backup.begin(store, chosen.state, chosen.database)
        try:
            archive = decrypt(identities, base.pieces(options.backup))
            copied = backup.restore(store, chosen.state, archive, options.database)
        except AgeError as error:
            raise PortalBackupError(f"The backup cannot be opened, and no portal was made: {error}") from None
    print(
        f"The portal of {copied.day} is in {chosen.state}: {base.count(copied.items, 'item')}, "
        f"{base.count(copied.replies, 'answer')}, the same keys and the same onion address."
    )
    print(
        f"The desks' keys are in {chosen.state / 'keys'}, and the settings are not in a backup. "
        "Never let the old machine serve again: two portals with one address lose reports.",
        file=sys.stderr,
    )


def _identities(path: Path) -> list[Identity]:
    with path.open("rb") as file:
        data = file.read(_IDENTITY_BYTES)
    try:
        return parse_identities(data.decode("utf-8", "replace"))
    except AgeError as error:
        raise PortalBackupError(f"{path} holds no identity that can be used: {error}") from None
