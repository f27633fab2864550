"""backup, backup-place, backup-check and restore: a dead laptop loses nothing."""

import argparse
from contextlib import suppress
from pathlib import Path

from portal import limits
from portal.age import Identity, Recipient, ScryptIdentity, ScryptRecipient, parse_identities, parse_recipients
from portal.desk import asking, backing_up, backup_place, restoring
from portal.desk.backing_up import Made, back_up
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.paper import lines
from portal.desk.session import Desk
from portal.errors import AgeError, DeskError, PaperError


def add(command: Command) -> None:
    """Add them to the command line."""
    made = command("backup", backup, "Back up the whole desk into one sealed file, and read it back.")
    made.add_argument(
        "out", metavar="OUT", type=Path, nargs="?", help="the new file (default: one at the backup place)"
    )
    _add_recipients(made)
    made.add_argument(
        "--backup-passphrase-file", metavar="FILE", type=Path, help="seal it to the passphrase in this file instead"
    )
    made.add_argument(
        "--check-with",
        metavar="IDENTITY_FILE",
        type=Path,
        help="open it once more with this identity and check all of it",
    )
    placed = command("backup-place", place, "Show or set the folder where backups go; packs then wait for backups.")
    placed.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", help="on another medium than the desk")
    _add_recipients(placed)
    placed.add_argument(
        "--keep", metavar="N", type=int, default=limits.BACKUPS_KEPT, help="backups kept there (default: %(default)s)"
    )
    placed.add_argument("--none", action="store_true", help="have no backup place any more")
    checked = command("backup-check", check, "Open a backup and check everything in it.", desk=False)
    _add_source(checked)
    restored = command("restore", restore, "Make a desk from a backup, in a new or empty folder.", desk=False)
    _add_source(restored)
    base.add_desk(restored)
    restored.add_argument(
        "--paper", metavar="FILE", type=Path, help="lines typed from a paper copy, where the passphrase is lost"
    )


def _add_recipients(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to",
        metavar="RECIPIENT",
        nargs="+",
        default=[],
        help="who can open it: age1…, whose identity is kept elsewhere",
    )
    parser.add_argument("-R", dest="recipients_file", metavar="FILE", type=Path, help="a file with such recipients")


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backup", metavar="IN", type=Path, help="the backup")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("-i", dest="identity", metavar="IDENTITY_FILE", type=Path, help="the identity that opens it")
    keys.add_argument(
        "--backup-passphrase-file", metavar="FILE", type=Path, help="a file with the passphrase that opens it"
    )


def backup(options: argparse.Namespace) -> int:
    identities = _identities(options.check_with) if options.check_with else []
    with base.open_(options, writing=True) as desk:
        recipients = _recipients(options)
        removed: list[str] = []
        if options.out is None and not recipients:
            kept = backup_place.back_up_there(desk, base.progress)
            made, removed = kept.made, kept.removed
        elif options.out is None:
            raise DeskError("Say where the backup goes: OUT, the new file.")
        else:
            made = back_up(desk, options.out, recipients or _of_place(desk), progress=base.progress)
        if identities:
            restoring.check(made.path, identities, (desk.folder.root, desk.keyring.casebook_key), base.progress)
        own = str(desk.keyring.recipient) in map(str, recipients)
        same_disk = backing_up.is_same_disk(desk.folder, made.path.parent)
    _print_made(made, removed, checked=bool(identities))
    if own:
        base.advise(
            "It is sealed to this desk's own key, which is in it, so that nothing would open it once the desk is lost: "
            "seal it to a key that is kept elsewhere, such as that of your paper copy (desk paper)."
        )
    if same_disk:
        base.advise(f"It lies on the same disk as the desk: copy {base.quoted(made.path)} to another medium.")
    return base.SUCCESS


def _print_made(made: Made, removed: list[str], *, checked: bool) -> None:
    print(f"The backup is in {made.path}: {base.count(made.items, 'sealed item')}, {made.size:,} bytes.")
    print(f"SHA-256 {made.sha256.hex()}, as it was read back.")
    if checked:
        print("It was opened once more: every item and the casebook are whole.")
    print(f"{base.count(made.secured, 'item')} that no backup held before: the next pack acknowledges them.")
    if removed:
        print(f"Older backups that made room for it{base.named(removed)}")
    if made.damaged:
        base.advise(f"Sealed items of this desk that are damaged{base.named(made.damaged)}", "Next: desk verify DIR")


def place(options: argparse.Namespace) -> int:
    changing = options.none or options.folder is not None
    with base.open_(options, writing=changing) as desk:
        if options.none:
            backup_place.unset_place(desk)
        elif options.folder is not None:
            backup_place.set_place(desk, options.folder, [str(one) for one in _recipients(options)], options.keep)
        chosen = backup_place.place(desk.casebook)
        last = desk.casebook.one("SELECT name, day FROM backups ORDER BY id DESC LIMIT 1")
        same_disk = chosen and chosen.path.is_dir() and backing_up.is_same_disk(desk.folder, chosen.path)
    if chosen is None:
        print("No backup place is set: packs acknowledge what no backup holds.")
    else:
        print(f"Backups go to {chosen.folder}; the last {chosen.keep} are kept. They are sealed to:")
        print("\n".join(chosen.recipients))
    print(f"The last backup was {last[0]} on {last[1]}." if last else "No backup was made yet.")
    if chosen and options.folder is not None:
        base.advise(
            "From now on a pack acknowledges only what a backup holds.",
            f"Next: desk backup {base.quoted(options.dir)}",
        )
    if same_disk:
        base.advise("This folder is on the same disk as the desk, and would be lost with it: choose another medium.")
    return base.SUCCESS


def check(options: argparse.Namespace) -> int:
    front = restoring.check(options.backup, _opening(options), progress=base.progress)
    print(f"The backup is whole: desk {front.desk} as of {front.at}, {base.count(front.items, 'sealed item')}.")
    return base.SUCCESS


def restore(options: argparse.Namespace) -> int:
    identities = _opening(options)
    opens = lines.read(base.text_of(options.paper)) if options.paper else asking.passphrase(options.passphrase_file)
    restored = restoring.restore(options.backup, options.dir, identities, opens, options.person, progress=base.progress)
    cases, items = base.count(restored.cases, "case"), base.count(restored.items, "sealed item")
    print(f"The desk {restored.desk} is in {options.dir} as it was at {restored.at}: {cases}, {items}.")
    if restored.missing:
        print(
            f"{base.count(restored.missing, 'sealed item')} of its cases had been missing before the backup was made."
        )
    if options.paper:
        base.advise(f"Set a new passphrase: desk recover {base.quoted(options.dir)}")
    base.advise(
        "What was done after that moment is not in it. If the old machine still works, do not use its desk any more.",
        "Next: import a new bundle of the portal: what was not acknowledged comes again.",
    )
    return base.SUCCESS


def _recipients(options: argparse.Namespace) -> list[Recipient]:
    """Whom the command line names. Raises DeskError."""
    if getattr(options, "backup_passphrase_file", None):
        return [ScryptRecipient(asking.passphrase(options.backup_passphrase_file))]
    try:
        text = "\n".join(options.to)
        named = parse_recipients(text) if options.to else []
        if options.recipients_file:
            named += parse_recipients(base.text_of(options.recipients_file))
    except AgeError as error:
        raise DeskError(f"A recipient cannot be used. {error}") from None
    return named


def _of_place(desk: Desk) -> list[Recipient]:
    chosen = backup_place.place(desk.casebook)
    if chosen is None:
        raise DeskError("Say to whom the backup is sealed: --to RECIPIENT, or -R FILE.")
    return chosen.sealing()


def _opening(options: argparse.Namespace) -> list[Identity]:
    if options.backup_passphrase_file:
        return [ScryptIdentity(asking.passphrase(options.backup_passphrase_file))]
    return _identities(options.identity)


def _identities(path: Path) -> list[Identity]:
    """Of an identity file, or of the lines of a paper copy."""
    text = base.text_of(path)
    try:
        return parse_identities(text)
    except AgeError as error:
        with suppress(PaperError):
            return [lines.read(text)]
        raise DeskError(f"{path} cannot be used as an identity. {error}") from None
