"""What the kernel says of the portal's process, and what a program can do within the walls of its unit."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.booted import probe
from tests.proofs.booted.machine import Machine

UNIT = "/etc/systemd/system/portevoix.service"
APART = ("net", "mnt", "ipc", "user")
"""Namespaces that the portal shares with nobody."""
STATUS = {"CapEff": "0" * 16, "CapBnd": "0" * 16, "CapAmb": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}
"""Of /proc/PID/status."""
_PROBE = "/opt/portevoix-probe.py"
_LEFT_OUT = ("ExecStart", "ExecReload", "Type", "Restart", "RuntimeDirectory", "WantedBy", "Wants", "After")
"""A portal that runs must not lose its socket to the probe."""


def breaches(machine: Machine) -> list[str]:
    """What the running portal has and must not have, as /proc tells; nothing if all walls stand."""
    process = machine.root / "proc" / str(machine.main_process("portevoix"))
    first = machine.root / "proc" / "1"
    return [*of_status((process / "status").read_text()), *shared(process, first), *_of_network(process)]


def of_status(text: str) -> list[str]:
    """What /proc/PID/status tells of rights and filters that the portal must not have, or lacks."""
    said = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    wrong = [f"{name} {said[name]}" for name, value in STATUS.items() if said[name].strip() != value]
    return [*wrong, *(["it is root"] if said["Uid"].split()[0] == "0" else [])]


def shared(process: Path, first: Path) -> list[str]:
    """The namespaces of the machine's first process that another one is in, by their folders in /proc."""
    return [
        f"the {name} namespace of the machine"
        for name in APART
        if (process / "ns" / name).readlink() == (first / "ns" / name).readlink()
    ]


def _of_network(process: Path) -> list[str]:
    """Nothing but a loopback, and no dump of its memory."""
    devices = re.findall(r"^ *(\S+):", (process / "net" / "dev").read_text(), re.MULTILINE)
    core = re.search(r"^Max core file size +(\S+) +(\S+)", (process / "limits").read_text(), re.MULTILINE)
    wrong = [f"a network device {name}" for name in devices if name != "lo"]
    return wrong if core and core.groups() == ("0", "0") else [*wrong, "core dumps"]


@dataclass(frozen=True)
class Tried:
    """What a program could do, of what it must and of what it must not be able to."""

    expected: list[str]
    forbidden: list[str]


def tried(machine: Machine, walls: bool = True) -> Tried:
    """Run the probe within the walls of the portal's unit, or without any as the same user."""
    machine.put(Path(probe.__file__), _PROBE)
    unit = (machine.root / UNIT.lstrip("/")).read_text()
    kept = [line for line in unit.splitlines() if line.partition("=")[0] not in _LEFT_OUT]
    if not walls:
        kept = ["[Service]", *(line for line in kept if line.startswith(("User=", "Group=", "LoadCredential")))]
    text = "\n".join([*kept, "[Service]", "Type=oneshot", f"ExecStart=/usr/bin/python3 {_PROBE}", ""])
    name = "walled-probe" if walls else "free-probe"
    (machine.root / f"etc/systemd/system/{name}.service").write_text(text)
    machine("systemctl", "daemon-reload")
    machine("systemctl", "start", name)
    line = next(line for line in machine.journal(name).splitlines() if line.startswith('{"expected"'))
    return Tried(**json.loads(line))


def exposure(machine: Machine, unit: str) -> float:
    """What `systemd-analyze security` finds, from 0 to 10."""
    said = machine.look("systemd-analyze", "security", "--no-pager", unit).out
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    return float(found[1])
