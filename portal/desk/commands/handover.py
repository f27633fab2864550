"""handover: what somebody who begins to work has to know."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from portal.desk import console, handover, views
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.custody import Entry
from portal.desk.filtering import Listed
from portal.desk.handover import Handover


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command("handover", handover_, "Show what is open and waits, and what changed since your last visit.")
    base.add_json(added)
    added.add_argument("--seen", action="store_true", help="your visit ends here: the next one shows what comes after")


def handover_(options: argparse.Namespace) -> int:
    with base.open_(options, writing=options.seen) as desk:
        found = handover.look(desk)
        if options.seen:
            handover.seen(desk, found.entry)
    print(console.as_json(_as_json(found)) if options.json else "\n".join(_as_text(found)))
    if not options.json and not options.seen and (found.changed or found.desk):
        base.advise("With --seen, the next handover shows only what comes after this one.")
    return base.SUCCESS


def _as_json(found: Handover) -> dict[str, Any]:
    return {
        "person": found.person,
        "since": found.since,
        "entry": found.entry,
        "overdue": [_line(line) | {"why": line.due[0].why, "by": line.due[0].by.isoformat()} for line in found.overdue],
        "open": [_line(line) for line in found.open],
        "waiting": [_line(line) for line in found.waiting],
        "outgoing": [{"id": one.case.name, "answers": one.answers, "pack": one.pack} for one in found.outgoing],
        "changed": [{"id": one.case, "entries": [_entry(entry) for entry in one.entries]} for one in found.changed],
        "desk": [_entry(entry) for entry in found.desk],
    }


def _line(line: Listed) -> dict[str, Any]:
    return views.case_as_json(line.case) | {"assigned": line.assigned}


def _entry(entry: Entry) -> dict[str, Any]:
    return {"number": entry.number, "at": entry.at, "person": entry.person, "act": entry.act}


def _as_text(found: Handover) -> Iterator[str]:
    yield f"Handover for {found.person}; last visit: {found.since or 'none yet'}"
    overdue = [f"{_words(line)}; since {line.due[0].by}: {line.due[0].words}" for line in found.overdue]
    yield from _section("Overdue", overdue)
    yield from _section("Open", [_words(line) for line in found.open])
    yield from _section("Waiting for the reporter", [_words(line) for line in found.waiting])
    yield from _section(
        "In the outgoing pack, not confirmed by the portal",
        [
            f"{one.case.name}  {base.count(one.answers, 'answer')}, "
            + (f"in pack {one.pack}" if one.pack else "not in a pack yet")
            for one in found.outgoing
        ],
    )
    yield from _section("Changed", [f"{one.case}  {_told(one.entries)}" for one in found.changed])
    yield from _section("At the desk", [f"{entry.at}  {_told([entry])}" for entry in found.desk])


def _section(title: str, rows: Sequence[str]) -> Iterator[str]:
    yield f"\n{title}: {len(rows)}"
    yield from (f"    {row}" for row in rows[: base.LISTED])
    if len(rows) > base.LISTED:
        yield f"    … and {len(rows) - base.LISTED} more"


def _words(line: Listed) -> str:
    case = line.case
    urgent = "  URGENT" if case.urgent else ""
    return f"{case.name}{urgent}  {console.line(case.channel)}, {case.status}, with {line.assigned or 'nobody'}"


def _told(entries: Sequence[Entry]) -> str:
    """Acts in their order, each once, and who carried them out."""
    acts = ", ".join(dict.fromkeys(entry.act for entry in entries))
    people = ", ".join(dict.fromkeys(entry.person for entry in entries))
    return f"{acts} ({people})"
