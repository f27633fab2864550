"""Can what a reporter typed reach a disk through swap?"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from portal.doctor.finding import Finding, bad, ok, warn
from portal.doctor.machine import Machine

CHECK = "swap"
_COMPRESSED_MEMORY = re.compile(r"/dev/zram[0-9]+")
_ENCRYPTED = "CRYPT-"
"""How the kernel names what dm-crypt made: /sys/dev/block/…/dm/uuid."""


def check(machine: Machine) -> Finding:
    """Swap is off, in memory, or on dm-crypt."""
    if not machine.path("/proc/swaps").exists():
        return warn(
            CHECK, "Whether there is swap cannot be seen here: /proc/swaps is missing.", "`mount -t proc proc /proc`"
        )
    plain = [name for name in _swaps(machine) if not _is_safe(machine, name)]
    if plain:
        return bad(
            CHECK,
            f"Memory is written to {', '.join(plain)} in clear: what somebody typed may stay on the disk.",
            f"`swapoff {' '.join(plain)}` and take it out of /etc/fstab; or encrypt it with a new key at each start in "
            "/etc/crypttab: `swap DEVICE /dev/urandom swap,cipher=aes-xts-plain64`.",
        )
    return ok(CHECK, "No swap, or none that is readable on a disk.")


def _swaps(machine: Machine) -> Iterator[str]:
    """The files and devices in use; the kernel writes a blank in a name as \\040."""
    for line in machine.read("/proc/swaps").splitlines()[1:]:
        yield re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), line.split()[0])


def _is_safe(machine: Machine, name: str) -> bool:
    if _COMPRESSED_MEMORY.fullmatch(name):
        # A zram device with a backing device writes to that one.
        return machine.read(f"/sys/block/{name.removeprefix('/dev/')}/backing_dev").strip() in ("", "none")
    if name.startswith("/dev/"):
        # Not by the device itself: a unit of systemd's does not see it.
        return _is_encrypted(machine, Path("/sys/class/block", Path(name).name))
    try:
        device = machine.path(name).stat().st_dev
    except OSError:
        return False
    return _is_encrypted(machine, Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"))


def _is_encrypted(machine: Machine, block: Path) -> bool:
    """Whether a block device, or every one below it (a volume of LVM, a RAID), is dm-crypt's."""
    if machine.read(f"{block}/dm/uuid").startswith(_ENCRYPTED):
        return True
    below = machine.path(f"{block}/slaves")
    names = sorted(path.name for path in below.iterdir()) if below.is_dir() else []
    return bool(names) and all(_is_encrypted(machine, Path(f"/sys/class/block/{name}")) for name in names)
