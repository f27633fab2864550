"""add: a report that came by phone, by letter or in another way."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from portal.channels import LANGUAGES, LATER_LANGUAGES, load
from portal.desk.adding import Told
from portal.desk.adding import add as add_report
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.origins import TOLD
from portal.errors import DeskError


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command("add", add_, "Add a report that came by phone, by letter or in another way.")
    added.add_argument(
        "--channel", metavar="CHANNEL", required=True, help="what it is about: travel, grooming, website …"
    )
    added.add_argument("--text-file", metavar="FILE", type=Path, help="what was said, UTF-8 text")
    added.add_argument(
        "--answers-file", metavar="JSON", type=Path, help="answers to the questions of the channel's form"
    )
    added.add_argument("--source", choices=TOLD, default="phone", help="how it came (default: %(default)s)")
    added.add_argument("--received", metavar="DATE", help="the day, YYYY-MM-DD (default: today)")
    added.add_argument(
        "--language", choices=(*LANGUAGES, *LATER_LANGUAGES), default="en", help="in which it was told (%(default)s)"
    )
    added.add_argument(
        "--attachment", metavar="FILE", type=Path, nargs="+", default=[], help="files, in channels that take any"
    )


def add_(options: argparse.Namespace) -> int:
    told = Told(
        options.channel,
        options.source,
        base.text_of(options.text_file) if options.text_file else "",
        _answers(options.answers_file) if options.answers_file else {},
        options.language,
        _day(options.received) if options.received else None,
        options.attachment,
    )
    with base.open_(options, writing=True) as desk:
        case = add_report(desk, told, load())
    print(f"{case.name} is stored{', URGENT' if case.urgent else ''}: {case.channel}, came by {told.source}.")
    base.advise("Nobody can be answered through the portal here: whoever told it has no receipt.")
    base.advise(f"Next: desk show {base.quoted(options.dir)} {case.name}")
    return base.SUCCESS


def _answers(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(base.text_of(path), type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise DeskError(f"{path} is not a JSON object: write the answers as docs/format.md, annex A, says.") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DeskError(f"{text} is no day: write it as YYYY-MM-DD.") from None
