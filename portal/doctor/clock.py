"""Is the clock right? Days on receipts, keys and answers are taken from it, and tor needs it within minutes."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal.doctor.finding import Finding, bad, ok, warn
from portal.doctor.machine import Machine

CHECK = "clock"
STALE = timedelta(hours=24)
"""tor still uses a consensus that ended so long ago (dir-spec, "Client operation")."""
_SYNCHRONISED = ("timedatectl", "show", "--property=NTPSynchronized", "--value")
_FIX = "Set the clock: `timedatectl set-ntp true`, and `apt-get install systemd-timesyncd` if there is no such service."

Consensus = tuple[datetime, datetime]
"""From when until when tor's view of its network holds, UTC: a second clock, which many relays agree on."""


def check(machine: Machine, now: datetime, known: Iterable[date], consensus: Consensus | None) -> Finding:
    """`now` in UTC; `known` are days that have been: of the last pack, of the roster."""
    newest = max(known, default=now.date())
    if now.date() < newest:
        return bad(CHECK, f"It is {now.date()} here, and {newest} has been already: the clock is behind.", _FIX)
    if consensus and now < consensus[0]:
        return bad(CHECK, f"The clock is behind that of the Tor network by {_gap(consensus[0] - now)} or more.", _FIX)
    if consensus and now > consensus[1] + STALE:
        return bad(
            CHECK,
            f"The clock is ahead of the Tor network by {_gap(now - consensus[1])}, or tor has been offline.",
            _FIX,
        )
    synchronised = (machine.run(_SYNCHRONISED) or "").strip()
    if synchronised == "no":
        return warn(CHECK, "Nothing keeps the clock right: it is not synchronised.", _FIX)
    if synchronised == "yes":
        return ok(CHECK, "The clock is synchronised.")
    if consensus:
        return ok(CHECK, "The clock agrees with the Tor network.")
    return warn(CHECK, "Nothing here tells whether the clock is right.", f"Compare {now:%Y-%m-%d %H:%M} UTC. {_FIX}")


def _gap(gap: timedelta) -> str:
    minutes = int(gap.total_seconds()) // 60
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
