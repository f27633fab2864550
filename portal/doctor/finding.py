"""What a check finds."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Level = Literal["ok", "warn", "bad"]
LEVELS: tuple[Level, ...] = ("ok", "warn", "bad")
"""From the best to the worst."""


class Finding(msgspec.Struct, frozen=True):
    """One check: how it went, one sentence on what there is, and what to do, which names the command or the file."""

    check: str
    level: Level
    message: str
    fix: str = ""


def ok(check: str, message: str) -> Finding:
    """All is well; there is nothing to do."""
    return Finding(check, "ok", message)


def warn(check: str, message: str, fix: str) -> Finding:
    """Something to mend soon, or something that could not be looked at here."""
    return Finding(check, "warn", message, fix)


def bad(check: str, message: str, fix: str) -> Finding:
    """A promise of the portal does not hold."""
    return Finding(check, "bad", message, fix)


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level among them; `ok` if there are none."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")


def gathered(check: str, findings: Iterable[Finding], fine: str) -> Finding:
    """Several findings as one: all that is not well, the worst first, or `fine` if there is nothing."""
    found = sorted(findings, key=lambda finding: -LEVELS.index(finding.level))
    if not found:
        return ok(check, fine)
    fixes = dict.fromkeys(finding.fix for finding in found)
    return Finding(check, worst(found), " ".join(finding.message for finding in found), " ".join(fixes))
