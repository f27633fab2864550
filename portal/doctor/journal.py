"""What journald keeps of the portal's sentences. They hold nothing of a request, but journald adds its own times."""

import re
from collections.abc import Iterator

from portal.doctor import configuration
from portal.doctor.finding import Finding, bad, gathered, warn
from portal.doctor.machine import Machine

CHECK = "journal"
KEPT_DAYS = 7
"""The longest that lines should stay on a disk, days."""
DROP_IN = "/etc/systemd/journald.conf.d/portevoix.conf"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "month": 30 * 86400, "y": 365 * 86400}
_UNITS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
    **dict.fromkeys(("M", "month", "months"), "month"),
    **dict.fromkeys(("y", "year", "years"), "y"),
}


def check(machine: Machine) -> Finding:
    """journald.conf, and whoever else gets its lines."""
    if not machine.has_systemd:
        return warn(
            CHECK,
            "systemd does not run here, so who keeps the portal's log, and how long, is not known.",
            "Look at where `portal serve … 2>FILE` goes: FILE must be kept for days, not for months.",
        )
    return gathered(CHECK, _problems(machine), "The journal keeps lines for a few days at most, and on this machine.")


def _problems(machine: Machine) -> Iterator[Finding]:
    found = configuration.read(machine, "journald.conf", "Journal")
    upload = configuration.read(machine, "journal-upload.conf", "Upload")
    if upload.get("URL"):
        yield bad(CHECK, "The journal is sent to another machine.", "`systemctl disable --now systemd-journal-upload`")
    storage = found.get("Storage", "auto")
    on_disk = storage == "persistent" or (storage == "auto" and machine.path("/var/log/journal").is_dir())
    kept = seconds(found.get("MaxRetentionSec", ""))
    if on_disk and not 0 < kept <= KEPT_DAYS * _SECONDS["d"]:
        yield warn(
            CHECK,
            "The journal stays on the disk for months, with the time of each of the portal's sentences.",
            f"Write `[Journal]` and `Storage=volatile`, or `MaxRetentionSec={KEPT_DAYS}day`, into {DROP_IN}, then "
            "`systemctl restart systemd-journald`.",
        )
    if machine.path("/etc/rsyslog.conf").exists() and configuration.is_yes(found.get("ForwardToSyslog", "yes")):
        yield warn(
            CHECK,
            "rsyslog keeps a second copy of every line, by its own rules.",
            f"`apt-get purge rsyslog`, or `ForwardToSyslog=no` in {DROP_IN}.",
        )


def seconds(span: str) -> int:
    """A time span of systemd.time(7); 0 for none, and for what is not understood."""
    parts = re.findall(r"([0-9]+) *([A-Za-z]*)", span)
    if not parts or re.sub(r"[0-9]+ *[A-Za-z]*", "", span).strip() or any(unit not in _UNITS for _, unit in parts):
        return 0
    return sum(int(number) * _SECONDS[_UNITS[unit]] for number, unit in parts)
