"""The desks' keys, the roster that lists them, and the age of what should be replaced."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from portal import limits, roster, state
from portal.desks import DeskKeys, read_desk, warnings
from portal.doctor.finding import Finding, bad, gathered, ok, warn
from portal.errors import SettingsError
from portal.roster import Roster, Standing
from portal.settings import Settings

NOTICE_DAYS = 30
"""A key is told of so long before its last day, days: somebody has to travel for a new one."""
_REPLACE = "docs/operations.md, Replacing keys; `portal roster --draft` begins it."


def read_roster(chosen: Settings) -> Roster | None:
    """The signed roster, None where none is asked for. Raises SettingsError."""
    trust = roster.trust(chosen.coordination_key, chosen.state)
    return trust.read(chosen.keys) if trust else None


def check_roster(chosen: Settings) -> Finding:
    """Are the desks' keys those that the coordination signed?"""
    try:
        listed = read_roster(chosen)
    except SettingsError as error:
        return bad("roster", str(error), f"{chosen.keys / roster.FILE}: {_REPLACE}")
    if listed is None:
        return warn(
            "roster",
            f"No roster is asked for: whoever writes into {chosen.keys} decides who reads reports.",
            f"Set `coordination_key` in {chosen.state}/portal.toml. {_REPLACE}",
        )
    return ok("roster", f"Roster {listed.number} of {listed.day} lists the desks' keys.")


def check_desks(chosen: Settings, names: list[str], today: date) -> Finding:
    """Can a report be sealed to every desk that is to read one, and to a key that is not too old?"""
    if not chosen.keys.is_dir():
        return warn(
            "keys",
            f"There is no keys folder {chosen.keys}, so the desks' keys were not looked at.",
            f"Name the one that `portal serve` uses: `--keys DIR`, or `keys` in {chosen.state}/portal.toml.",
        )
    return gathered("keys", _problems(chosen, names, today), f"The keys of {', '.join(names)} are in their time.")


def _problems(chosen: Settings, names: list[str], today: date) -> Iterator[Finding]:
    try:
        listed = read_roster(chosen)
    except SettingsError:
        listed = None
    for name in names:
        try:
            keys = read_desk(chosen.keys, name, listed)
        except SettingsError as error:
            yield bad("keys", str(error), f"{chosen.keys}: docs/operations.md, Setting up and Replacing keys.")
            continue
        if keys.terms:
            yield from _listed(name, keys, today)
        else:
            yield from _unlisted(chosen.keys / f"{name}.recipients", name, today)


def _listed(name: str, keys: DeskKeys, today: date) -> Iterator[Finding]:
    said: Mapping[str, DeskKeys] = {name: keys}
    for sentence in warnings(said, today):
        found = bad if keys.best(today) is Standing.EXPIRED else warn
        yield found("keys", sentence, _REPLACE)
    last = max(term.until for term in keys.terms.values())
    if keys.best(today) is Standing.VALID and last - today <= timedelta(days=NOTICE_DAYS):
        yield warn("keys", f"The last key of the desk {name} ends on {last}.", _REPLACE)


def _unlisted(path: Path, name: str, today: date) -> Iterator[Finding]:
    """Without a roster only the file's own day tells how old a key is."""
    age = _age(path, today)
    if age is not None and age > limits.KEY_DAYS:
        yield warn("keys", f"The key of the desk {name} has been here for {age} days.", _REPLACE)


def check_session_secret(chosen: Settings, today: date) -> Finding:
    """Was session.secret replaced within a year? Tokens and mailboxes of all that time open with it."""
    check = "session secret"
    try:
        renewed = state.session_renewed(chosen.state)
    except SettingsError:
        # Sealed, and this is not the unit that it is handed to; `check_secrets` says whether it is missing.
        is_sealed = not (chosen.state / state.SESSION_SECRET).exists()
        fix = "Ask with `portevoix doctor`." if is_sealed else "Mend first what is said of the secrets."
        return warn(check, f"How old {state.SESSION_SECRET} is cannot be seen here.", fix)
    # It was made together with the portal's key, whose public half lies in the folder also where secrets are sealed.
    age = (today - renewed).days if renewed else _age(chosen.state / state.PUBLIC_KEY, today) or 0
    if age > limits.KEY_DAYS:
        return warn(
            check, f"{state.SESSION_SECRET} is {age} days old.", "`portevoix renew-session`, or `portal renew-session`"
        )
    return ok(check, f"{state.SESSION_SECRET} is {age} days old.")


def _age(path: Path, today: date) -> int | None:
    try:
        return (today - datetime.fromtimestamp(path.stat().st_mtime, UTC).date()).days
    except OSError:
        return None
