"""verify and log: what the desk can prove, and who did what."""

import argparse
from pathlib import Path
from typing import Any

from portal.desk import asking, console, custody, session, verifying
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.custody import Head, Record
from portal.errors import CustodyError, DeskError

_PURGED = "purged"


def add(command: Command) -> None:
    """Add them to the command line."""
    verified = command(
        "verify", verify, "Prove that log, sealed items and referrals are as they were; changes nothing."
    )
    base.add_json(verified)
    verified.add_argument(
        "--head", metavar="NUMBER:HASH", help="the head of the log that was written down earlier: nothing was cut off"
    )
    verified.add_argument(
        "--referrals", metavar="FOLDER", type=Path, nargs="+", default=[], help="check these referrals' files as well"
    )
    logged = command("log", log, "Show the chain of custody: who did what, and when.")
    base.add_json(logged)
    logged.add_argument("id", metavar="ID", nargs="?", help="only what concerns this case")


def verify(options: argparse.Namespace) -> int:
    head = Head.parse(options.head) if options.head else None
    place = session.find(options.dir)
    ring = session.unlock(place, asking.passphrase(options.passphrase_file), options.person)
    try:
        whole = verifying.verify(place, ring, head, options.referrals)
    except CustodyError as error:
        if options.json:
            print(console.as_json({"whole": False, "broken": str(error)}))
        raise
    if options.json:
        print(console.as_json({"whole": True, "head": str(whole.head), **_counts(whole)}))
        return base.SUCCESS
    print("Whole: nothing was changed.")
    print(
        f"    {base.count(whole.head.number, 'entry', 'entries')} in the log, each signed and bound to the one before"
    )
    print(f"    {base.count(whole.items, 'sealed item')}, {whole.quarantined} in quarantine, as they came")
    print(f"    {base.count(whole.referrals, 'referral')}, {base.count(whole.purged, 'purged case')}")
    if whole.elsewhere:
        print(f"    {base.count(whole.elsewhere, 'entry', 'entries')} of other desks' logs, as they were signed there")
    print(f"    {base.count(whole.pages, 'page')} of the casebook")
    print(f"Head of the log: {whole.head}")
    base.advise(
        "Write the head down, with the day, where nobody at this desk can change it; later "
        "`desk verify … --head NUMBER:HASH` proves that nothing was cut off."
    )
    return base.SUCCESS


def _counts(whole: verifying.Whole) -> dict[str, int]:
    return {
        "entries": whole.head.number,
        "items": whole.items,
        "quarantined": whole.quarantined,
        "referrals": whole.referrals,
        "purged": whole.purged,
        "elsewhere": whole.elsewhere,
        "pages": whole.pages,
    }


def log(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        records = list(custody.records(desk.casebook, options.id))
    if options.id and not records:
        raise DeskError("The log says nothing of this case: `desk list` shows all cases.")
    print(console.as_json([_record_as_json(record) for record in records]) if options.json else _log_as_text(records))
    return base.SUCCESS


def _record_as_json(record: Record) -> dict[str, Any]:
    entry = record.entry
    said = {"number": entry.number, "at": entry.at, "person": entry.person, "act": entry.act, "case": entry.case}
    return said | {"details": record.details, "purged": record.details is None}


def _log_as_text(records: list[Record]) -> str:
    rows = [
        (str(entry.number), entry.at, entry.person, entry.act, entry.case or "-", _details_as_text(record))
        for record in records
        for entry in [record.entry]
    ]
    return console.table([("NO.", "WHEN (UTC)", "WHO", "ACT", "CASE", "DETAILS"), *rows]) if rows else "No entry yet."


def _details_as_text(record: Record) -> str:
    if record.details is None:
        return _PURGED
    said = record.details
    return console.reporters_line("; ".join(f"{key} {_short(value)}" for key, value in said.items()))


def _short(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
