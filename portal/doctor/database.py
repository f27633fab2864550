"""The tables, and what waits in them: does somebody come and collect?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from portal.doctor.finding import Finding, bad, gathered, warn
from portal.errors import StoreError
from portal.settings import Settings
from portal.store import Store

COLLECTED_DAYS = 7
"""A desk collects at least so often, days; reporters see on which day it last did."""


@dataclass(frozen=True)
class Waits:
    """A desk: how many items wait for it, and the day of its last pack, None if there was none."""

    items: int
    collected: date | None


def look(store: Store, names: list[str]) -> dict[str, Waits]:
    """What waits for each desk. Raises StoreError."""
    days = store.collected()
    return {name: Waits(store.waiting_count(name), days.get(name)) for name in names}


def check_schema(store: Store) -> Finding:
    """Are the tables those of this version?"""
    return gathered("database", _schema(store), "The database answers, and its tables are those of this version.")


def _schema(store: Store) -> Iterator[Finding]:
    try:
        store.check_schema()
    except StoreError as error:
        yield bad(
            "database",
            str(error),
            "`portal migrate` for tables of an older version, `deploy/install.sh install` for a newer portal; what is "
            "lost comes back with `portal restore`.",
        )


def check_waiting(chosen: Settings, found: Mapping[str, Waits], today: date) -> Finding:
    """Has every desk collected lately, above all where something waits and a time was promised?"""
    waiting = {name: desk.items for name, desk in found.items() if desk.items}
    shown = ", ".join(f"{count} for {name}" for name, count in waiting.items()) or "nothing"
    return gathered("waiting", _late(chosen, found, today), f"What waits: {shown}.")


def _late(chosen: Settings, found: Mapping[str, Waits], today: date) -> Iterator[Finding]:
    for name, desk in found.items():
        fix = f"`portal export --desk {name} bundle.tar`, take it to the desk, and bring its pack back."
        what = f"{desk.items} {'item waits' if desk.items == 1 else 'items wait'} for {name}"
        promised = chosen.desks[name].days_to_read if name in chosen.desks else None
        if desk.collected is None:
            if desk.items:
                yield warn("waiting", f"{what}, which has never collected.", fix)
            continue
        age = (today - desk.collected).days
        if desk.items and promised and age > promised:
            yield bad(
                "waiting",
                f"{what}, which last collected {age} days ago; reporters are promised {promised} days.",
                fix,
            )
        elif age > COLLECTED_DAYS:
            said = what if desk.items else f"Nothing waits for {name}"
            yield warn("waiting", f"{said}, which last collected {age} days ago; reporters see that day.", fix)
