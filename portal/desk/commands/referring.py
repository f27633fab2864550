"""refer, authority, clean and quarantine: what goes to the police, a prosecutor or a hotline."""

import argparse
from pathlib import Path

from portal.desk import authorities, cases, cleaning, console, labelling, merging, sealing_away
from portal.desk.authorities import Authority
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.referring import FORMATS, Made, Wish, refer
from portal.desk.referring.manifest import DEFAULT
from portal.desk.referring.wording import LANGUAGES
from portal.errors import DeskError

_CONTACT = {
    "none": "The reporter gave no contact data.",
    "included": "The reporter's contact data goes along, with the consent that the report records.",
    "withheld": "The reporter's contact data stays here.",
}
_PROCEDURE = (
    "Seal an attachment that may show abuse to an authority, unopened, and erase it here. "
    "Do not open it, do not copy it, do not show it to anybody."
)


def add(command: Command) -> None:
    """Add them to the command line."""
    _add_refer(command)
    authority = command("authority", authority_, "The authorities that cases are referred to: list, add or remove one.")
    authority.add_argument("what", metavar="WHAT", choices=("list", "add", "remove"), help="list, add or remove")
    authority.add_argument("name", metavar="NAME", nargs="?", help="a short name for it, such as parquet")
    authority.add_argument("--title", metavar="TEXT", help="add: what it is called in a letter")
    authority.add_argument(
        "--police",
        action="store_true",
        help="add: it is police or a prosecutor, to whom contact data may go where the reporter agreed",
    )
    authority.add_argument("--recipient", metavar="AGE", help="add: its age recipient, age1pq1… or age1…")
    base.add_json(authority)
    cleaned = command("clean", clean, "Take a copy of an attachment without its metadata into a new file.")
    base.add_id(cleaned)
    _add_number(cleaned)
    cleaned.add_argument("out", metavar="OUT", type=Path, help="the new file")
    quarantined = command("quarantine", quarantine, _PROCEDURE)
    base.add_id(quarantined)
    _add_number(quarantined)
    quarantined.add_argument(
        "out", metavar="OUT", type=Path, nargs="?", help="the new age file (default: ID-attachment-N.age)"
    )
    quarantined.add_argument("--to", metavar="AUTHORITY", help="which authority, where several have a recipient")


def _add_refer(command: Command) -> None:
    referred = command("refer", refer_, "Refer a case: make a folder, or a sealed file, for an authority.")
    base.add_id(referred)
    referred.add_argument("out", metavar="OUT", type=Path, help="the new folder; with --sealed the new file")
    referred.add_argument("--to", metavar="AUTHORITY", help="which one, by the name that `desk authority` lists")
    referred.add_argument("--sealed", action="store_true", help="one age file of a tar, which only the authority opens")
    referred.add_argument(
        "--format",
        metavar="LIST",
        default=",".join(DEFAULT),
        help=f"which files, with commas between: {', '.join(FORMATS)} (default: %(default)s)",
    )
    referred.add_argument("--attachments", action="store_true", help="attachments go along as they were sent")
    referred.add_argument("--cleaned", action="store_true", help="attachments go along as copies without metadata")
    shown = referred.add_mutually_exclusive_group()
    shown.add_argument("--defanged", action="store_true", help="addresses as hxxp and [.] in PDF and CSV (the default)")
    shown.add_argument("--live-addresses", action="store_true", help="addresses in PDF and CSV as they were reported")
    referred.add_argument("--language", choices=LANGUAGES, help="of the PDF and labels (default: the setting `labels`)")
    referred.add_argument("--without-reporter", action="store_true", help="contact data stays here, consent or not")
    referred.add_argument(
        "--mask", action="store_true", help="contact data that stays here is taken out of the texts as well"
    )
    referred.add_argument(
        "--despite-keep-from", action="store_true", help="to an authority that the reporter wanted to keep it from"
    )


def _add_number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "number", metavar="N", type=int, help="which one, from 1, counted through all messages of the case"
    )


def refer_(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        to = authorities.named(desk.casebook, options.to) if options.to else None
        listed = to is None or to in authorities.listed(desk.casebook)
        wish = Wish(
            to=to,
            sealed=options.sealed,
            formats=[name.strip() for name in options.format.split(",") if name.strip()],
            attachments="cleaned" if options.cleaned else "original" if options.attachments else "none",
            live=options.live_addresses,
            language=options.language or labelling.language(desk.casebook),
            without_contact=options.without_reporter,
            masked=options.mask,
            despite_keep_from=options.despite_keep_from,
        )
        made = refer(desk, case, options.out, wish)
        others = merging.others(desk.casebook, case)
    _print_referral(made, options)
    if others:
        base.advise(f"NOTE: reports about the same are not in it, and are referred on their own{base.named(others)}")
    if not listed:
        added = f"desk authority {base.quoted(options.dir)} add {options.to} --title …"
        base.advise(f"NOTE: {options.to} is not among your authorities. To keep its title and recipient: {added}")
    return base.SUCCESS


def _print_referral(made: Made, options: argparse.Namespace) -> None:
    manifest = made.manifest
    to = f" to {manifest.authority}" if manifest.authority else ""
    print(f"Referral {manifest.referral} of case {manifest.case}{to} is in {options.out}.")
    rows = [(entry.name, f"{entry.size:,} bytes") for entry in manifest.files]
    print(console.indented(console.table(rows)))
    print(f"SHA-256 of its manifest, which the case remembers: {made.sha256}")
    print(_CONTACT[made.contact])
    if made.mentioned:
        asked = ", ".join(key.removeprefix("contact_") for key in made.mentioned)
        base.advise(
            f"WARNING: the texts name the reporter's {asked} all the same, since they go as they were written.",
            "If that must not be, delete what was made, and refer the case again with --mask.",
        )
    if made.keep_from:
        base.advise(f"NOTE: the reporter asked to keep this from: {console.line(', '.join(made.keep_from))}.")
    directory, case = base.quoted(options.dir), manifest.case
    if made.restricted:
        base.advise("NOTE: the use of this case is restricted on somebody's request: be sure that you may refer it.")
    if options.sealed:
        base.advise("Only the authority can open it: age -d -i KEY FILE | tar x")
    base.advise(f"Next: tell the reporter: desk reply {directory} {case} --status {_status(made)}")


def _status(made: Made) -> str:
    """What the reporter is told of where it went."""
    if made.police:
        return "forwarded-police"
    return "forwarded-stopline" if made.manifest.authority == "stopline" else "forwarded-other"


def authority_(options: argparse.Namespace) -> int:
    if options.what == "list":
        with base.open_(options) as desk:
            found = authorities.listed(desk.casebook)
        print(console.as_json([_as_json(known) for known in found]) if options.json else _as_text(found))
        return base.SUCCESS
    if options.name is None:
        raise DeskError(f"Say which authority: desk authority DIR {options.what} NAME.")
    with base.open_(options, writing=True) as desk:
        if options.what == "remove":
            authorities.remove(desk, options.name)
            print(f"The authority {options.name} is removed; what was referred to it stays in the cases.")
            return base.SUCCESS
        if options.title is None:
            raise DeskError("Say what the authority is called in a letter, with --title.")
        known = authorities.add(desk, options.name, options.title, police=options.police, recipient=options.recipient)
    print(f"Cases can be referred to {known.name}: {console.line(known.title)}.")
    if known.recipient is None:
        base.advise("Its age recipient is not known: nothing can be sealed to it yet.")
    elif not known.is_post_quantum:
        base.advise("Its recipient is a classical one (age1…). One that begins with age1pq1 also withstands a quantum")
        base.advise("computer: ask for it when the authority can make one (age 1.3 or newer).")
    return base.SUCCESS


def _as_json(known: Authority) -> dict[str, object]:
    return {"name": known.name, "title": known.title, "police": known.police, "recipient": known.recipient}


def _as_text(found: list[Authority]) -> str:
    if not found:
        return "No authorities yet: `desk authority DIR add NAME --title …` adds one."
    rows = [
        (
            known.name,
            "police" if known.police else "",
            "none" if known.recipient is None else "age1pq1…" if known.is_post_quantum else "age1… (classical)",
            console.line(known.title),
        )
        for known in found
    ]
    return console.table([("NAME", "", "RECIPIENT", "TITLE"), *rows])


def clean(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        cleaned = cleaning.clean(desk, cases.find(desk.casebook, options.id), options.number, options.out)
    print(f"A copy of attachment {options.number} of {options.id} without metadata is in {options.out}.")
    print(f"{len(cleaned.data):,} bytes, SHA-256 {cleaned.sha256}")
    print(f"It was made of the file with SHA-256 {cleaned.original}, which stays as it came.")
    base.advise("What can be seen in it is not changed: a face or a number plate is still there.")
    return base.SUCCESS


def quarantine(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        to = (
            authorities.find(desk.casebook, options.to)
            if options.to
            else authorities.the_one_with_recipient(desk.casebook)
        )
        out = options.out or Path(f"{case.name}-attachment-{options.number}.age")
        gone = sealing_away.seal_away(desk, case, options.number, to, out)
    print(f"Attachment {options.number} of {case.name} is sealed to {gone.authority} in {out}, and erased here.")
    print(f"{gone.size:,} bytes, SHA-256 {gone.sha256.hex()}")
    print(f"The file for the authority: SHA-256 {gone.handed.hex()}")
    base.advise(
        "Nobody at this desk can open it any more. Hand it over, with both hashes, against a receipt.",
        "Backups that were made before still hold it, sealed to this desk: replace them.",
    )
    return base.SUCCESS
