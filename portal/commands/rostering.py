"""roster: who may be sealed to, as the coordination signed it; and a draft for it to sign."""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from portal import bundle, desks, files, limits, roster
from portal.commands import base
from portal.commands.base import Command
from portal.desks import DeskKeys
from portal.errors import SettingsError
from portal.roster import Roster, Standing, Term
from portal.settings import Settings

NO_ROSTER = (
    "No roster is asked for: whoever writes into the keys folder decides who reads reports. That is for trials alone. "
    "Pin the coordination's key as `coordination_key` in portal.toml (docs/operations.md, Replacing keys)."
)
_WORDS = {
    Standing.VALID: "in use",
    Standing.LATE: "past its date",
    Standing.EARLY: "not yet",
    Standing.EXPIRED: "too old for files",
}


def add(command: Command) -> None:
    """Add it to the command line."""
    shown = command("roster", _roster, "Show the desks' keys and what the signed roster says of them.")
    base.add_keys(shown, required=False)
    shown.add_argument(
        "--draft", type=Path, metavar="OUT", help="write a roster of the keys that are there, for the coordination"
    )


def _roster(options: argparse.Namespace) -> None:
    chosen = base.settings_of(options)
    if options.draft:
        _draft(chosen, options.draft)
        return
    trust = roster.trust(chosen.coordination_key, chosen.state)
    listed = trust.read(chosen.keys) if trust else None
    if listed:
        print(f"Roster {listed.number} of {listed.day}, signed by the coordination.")
    else:
        print(NO_ROSTER)
    for name, keys in _found(chosen, listed).items():
        print(name)
        for line in _lines(keys, base.today()):
            print(f"    {line}")


def _lines(keys: DeskKeys, day: date) -> Iterator[str]:
    for recipient in keys.recipients:
        term = keys.terms.get(recipient)
        words = " ".join(bundle.recipient_fingerprint(recipient))
        listed = f", from {term.since} to {term.until}: {_WORDS[term.standing(day)]}" if term else ""
        yield f"sealing key  {words}{listed}"
    yield f"signing key  {' '.join(bundle.fingerprint(keys.verify_key))}"


def _draft(chosen: Settings, out: Path) -> None:
    before = None
    with suppress(FileNotFoundError):
        # The last one, signed or not: what is drafted counts for nothing until the coordination has looked at it.
        before = roster.parse((chosen.keys / roster.FILE).read_bytes())
    try:
        files.write(out, [draft(_found(chosen, None), before, base.today()).encode()], replace=False, mode=files.PUBLIC)
    except FileExistsError:
        raise SettingsError(f"{out} exists already and is not overwritten: choose another name.") from None
    print(
        f"{out} is a draft. The coordination compares each fingerprint with its desk by telephone, corrects the days, "
        f"and signs it under the name {roster.FILE}: `minisign -Sm {roster.FILE} -s KEY`. Then put both files into "
        f"{chosen.keys}."
    )


def draft(found: Mapping[str, DeskKeys], before: Roster | None, day: date) -> str:
    """A roster of the keys in `found` as TOML, with the days of the one before, for people to correct and to sign."""
    lines = [
        "# Which keys the desks have, and when. Valid only with the coordination's signature, roster.toml.minisig.",
        'format = "portevoix/roster/1"',
        f"number = {before.number + 1 if before else 1}",
        f"day = {day}",
    ]
    for name, keys in found.items():
        entry = before.desks.get(name) if before else None
        known = {term.recipient: term for term in entry.recipients} if entry else {}
        lines += ["", f"[desks.{name}]", f"# {' '.join(bundle.fingerprint(keys.verify_key))}"]
        lines += [f'signing = ["{keys.verify_key.to_base64().decode()}"]']
        for recipient in keys.recipients:
            new = Term(str(recipient), day, day + timedelta(days=limits.KEY_DAYS))
            term = known.get(str(recipient), new)
            lines += ["", f"[[desks.{name}.recipients]]", f"# {' '.join(bundle.recipient_fingerprint(recipient))}"]
            lines += [f"from = {term.since}", f"until = {term.until}", f'recipient = "{recipient}"']
    return "\n".join(lines) + "\n"


def _found(chosen: Settings, listed: Roster | None) -> dict[str, DeskKeys]:
    """The desks of the settings whose keys are in the folder. Raises SettingsError."""
    if not chosen.keys.is_dir():
        raise SettingsError(f"The keys folder {chosen.keys} is not there: name the one that `portal serve` uses.")
    there = [name for name in chosen.desks if (chosen.keys / f"{name}.recipients").exists()]
    return {name: desks.read_desk(chosen.keys, name, listed) for name in there}
