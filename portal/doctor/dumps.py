"""Can a copy of the portal's memory be left behind when something crashes?"""

import re

from portal.doctor import configuration
from portal.doctor.finding import Finding, bad, ok, warn
from portal.doctor.machine import Machine

CHECK = "core dumps"
_PATTERN = "/proc/sys/kernel/core_pattern"
_THROWN_AWAY = ("", "|/bin/false", "|/usr/bin/false", "|/bin/true", "|/usr/bin/true", "/dev/null")


def check(machine: Machine, portal: int | None) -> Finding:
    """`portal` is the process that serves, if one does."""
    limit = re.search(r"^Max core file size +(\S+)", machine.read(f"/proc/{portal}/limits"), re.MULTILINE)
    if portal and limit and limit[1] != "0":
        return bad(
            CHECK,
            f"The portal's process {portal} may leave its memory in a file.",
            "Start it as `portal serve` itself, which forbids that, with LimitCORE=0 in its unit: "
            "`systemctl edit portevoix`.",
        )
    pattern = machine.read(_PATTERN).strip()
    if pattern in _THROWN_AWAY:
        return ok(CHECK, "No program leaves its memory in a file.")
    if not pattern.startswith("|"):
        return ok(CHECK, "The portal forbids dumps of its memory; other programs leave theirs as their limits allow.")
    if "systemd-coredump" in pattern:
        if configuration.read(machine, "coredump.conf", "Coredump").get("Storage") == "none":
            return ok(CHECK, "systemd-coredump keeps nothing.")
        fix = "Write `[Coredump]` and `Storage=none` into /etc/systemd/coredump.conf.d/portevoix.conf."
    else:
        fix = "Write `kernel.core_pattern=|/bin/false` into /etc/sysctl.d/portevoix.conf, then `sysctl --system`."
    return warn(
        CHECK,
        f"The memory of programs that crash is handed to {pattern[1:].split()[0]}; the portal's own is not.",
        fix,
    )
