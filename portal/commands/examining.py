"""doctor: what is wrong on this machine, and what to do about it."""

import argparse
import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from portal.commands import base
from portal.commands.base import Command
from portal.doctor.backups import FOLDER
from portal.doctor.finding import Finding, worst

STATUS = {"ok": 0, "warn": 3, "bad": 4}
"""Exit status by the worst finding; 1 is an error and 2 a wrong command line, as everywhere."""
_MARKS = {"ok": "ok  ", "warn": "WARN", "bad": "BAD "}
_WIDTH = 110
"""Characters of a line."""
_CHECK_WIDTH = 19
"""Characters of the column with the names of the checks."""


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command(
        "doctor",
        _doctor,
        "Look at clock, disk, rights, memory, logs, tor, keys, backups and what waits. The exit status is 0 if all is "
        "well, 3 if something should be mended or could not be looked at, 4 if a promise of the portal does not hold, "
        "and 1 if the portal's settings cannot be read.",
    )
    base.add_keys(added, required=False)
    added.add_argument("--socket", type=Path, metavar="PATH", help="the socket that `portal serve` was given")
    added.add_argument("--backups", type=Path, metavar="DIR", default=FOLDER, help="where backups lie (%(default)s)")
    added.add_argument("--brief", action="store_true", help="only what is not in order, for a log")
    added.add_argument("--json", action="store_true", help="a list of {check, level, message, fix}")


def _doctor(options: argparse.Namespace) -> int:
    from portal.doctor import examination  # it knows the server and tor, which are for few commands

    findings = examination.examine(examination.Subject(base.settings_of(options), options.socket, options.backups))
    if options.json:
        print(json.dumps(msgspec.to_builtins(findings), indent=1, ensure_ascii=False))
    else:
        print("\n".join(_lines(findings, options.brief)))
    return STATUS[worst(findings)]


def _lines(findings: Sequence[Finding], brief: bool) -> Iterator[str]:
    margin = " " * (len(_MARKS["ok"]) + 2 + _CHECK_WIDTH)
    for found in findings:
        if brief and found.level == "ok":
            continue
        yield _filled(found.message, f"{_MARKS[found.level]}  {found.check:<{_CHECK_WIDTH}}", margin)
        if found.fix:
            yield _filled(found.fix, f"{margin}-> ", f"{margin}   ")
    counts = {level: sum(found.level == level for found in findings) for level in STATUS}
    yield ""
    yield (
        f"{base.count(counts['bad'], 'problem')}, {base.count(counts['warn'], 'warning')}, "
        f"{base.count(counts['ok'], 'check')} in order."
    )


def _filled(text: str, first: str, margin: str) -> str:
    # A command or a path stays as it is typed.
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=margin,
        break_on_hyphens=False,
        break_long_words=False,
    )
