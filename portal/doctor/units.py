"""How far systemd shuts the services in (systemd-analyze security): a change by hand may have opened one."""

import re
from collections.abc import Iterator

from portal.doctor.finding import Finding, bad, gathered, warn
from portal.doctor.machine import Machine

CHECK = "units"
EXPOSURE = {"portevoix.service": 1.0, "portevoix-tor.service": 2.0}
"""The most that may be found, from 0 (shut) to 10; tor has a network."""
PORTAL = "portevoix.service"
STANDS = {"PrivateNetwork": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "LimitCORE": "0"}
"""What the portal's unit must have, whatever else there is: one alone hardly moves the exposure."""


def check(machine: Machine) -> Finding:
    """The exposure of the portal's services as they are loaded, with all drop-ins."""
    if not machine.has_systemd:
        return warn(
            CHECK,
            "systemd does not run here, so nothing shuts the portal in.",
            "Serve from a machine with systemd: `deploy/install.sh install`.",
        )
    return gathered(CHECK, _problems(machine), "The services are shut in as they were delivered.")


def _problems(machine: Machine) -> Iterator[Finding]:
    for unit, most in EXPOSURE.items():
        said = machine.run(["systemd-analyze", "security", "--no-pager", unit]) or ""
        found = re.search(r"Overall exposure level for \S+: ([0-9]+(?:\.[0-9]+)?)", said)
        if not found:
            yield warn(
                CHECK,
                f"The exposure of {unit} cannot be found out.",
                f"`systemd-analyze security {unit}`; `deploy/install.sh install` puts the unit in place.",
            )
        elif float(found[1]) > most:
            yield bad(
                CHECK,
                f"{unit} has an exposure of {found[1]}, and {most} is the most that it should have.",
                _back(unit),
            )
    shown = machine.run(["systemctl", "show", f"--property={','.join(STANDS)}", PORTAL]) or ""
    for line in shown.splitlines():
        name, _, value = line.partition("=")
        if value != STANDS.get(name, value):
            yield bad(CHECK, f"{PORTAL} has {line}, and must have {STANDS[name]}.", _back(PORTAL))


def _back(unit: str) -> str:
    return f"`systemctl cat {unit}` shows what was added; `systemctl revert {unit}` takes it back."
