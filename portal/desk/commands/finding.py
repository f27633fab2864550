"""search: where words stand in reports, answers and notes, and which cases have something in a field."""

import argparse
import sys

from portal.desk import console, searching
from portal.desk.commands import base, choosing
from portal.desk.commands.base import Command
from portal.desk.searching import Found
from portal.errors import DeskError

_MOST = 10_000
"""Results at once, however many are asked for."""
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command("search", search, "Find words in reports, answers and notes, or cases by what a field says.")
    added.add_argument(
        "words", metavar="WORDS", nargs="*", help='all are looked for; "in quotes": as they stand; none: only options'
    )
    choosing.add_filter(added)
    added.add_argument("--most", type=int, default=searching.MOST, metavar="N", help="default: %(default)s")
    base.add_json(added)


def search(options: argparse.Namespace) -> int:
    words = " ".join(options.words)
    with base.open_(options) as desk:
        wish = choosing.chosen(options, desk)
        if wish.is_empty and not words.strip():
            raise DeskError("Say what to look for: words, or options such as --host or --country.")
        found = searching.search(desk, words, wish, most=min(max(1, options.most), _MOST))
        total = searching.count(desk, words, wish)
    if options.json:
        print(console.as_json([_as_json(one) for one in found]))
        return base.SUCCESS
    for one in found:
        urgent = "  URGENT" if one.urgent else ""
        merged = "" if one.thread == one.case else f"  in {one.thread}, which was merged into it"
        where = f"received {one.day}" if one.kind == searching.FIELDS else f"{one.kind} of {one.day}"
        print(f"{one.case}{urgent}{merged}  {console.line(one.channel)}, {one.status}, {where}")
        if one.snippet:
            print(f"    {_snippet(one.snippet)}")
    if not found:
        print("Nothing has all of this: try fewer words, only how they begin, or fewer options.")
    elif total > len(found):
        base.advise(f"{len(found)} of {total:,}: --most {min(total, _MOST)} shows more.")
    return base.SUCCESS


def _snippet(text: str) -> str:
    bold = sys.stdout.isatty()
    inert = "".join(
        part if part in (searching.BEGIN, searching.END) else console.reporters_line(part.replace("\n", " "))
        for part in _parts(text)
    )
    return inert.replace(searching.BEGIN, _BOLD if bold else "[").replace(searching.END, _PLAIN if bold else "]")


def _parts(text: str) -> list[str]:
    apart = text.replace(searching.BEGIN, f"\0{searching.BEGIN}\0").replace(searching.END, f"\0{searching.END}\0")
    return apart.split("\0")


def _as_json(found: Found) -> dict[str, object]:
    plain = found.snippet.replace(searching.BEGIN, "[").replace(searching.END, "]")
    return {
        "id": found.case,
        "thread": found.thread,
        "channel": found.channel,
        "status": found.status,
        "urgent": found.urgent,
        "where": found.kind,
        "day": found.day,
        "snippet": plain,
    }
