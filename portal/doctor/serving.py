"""Does one portal serve this state, and only one?"""

import os
import re
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from portal.doctor.finding import Finding, bad, ok, warn
from portal.doctor.machine import Machine
from portal.settings import Settings
from portal.store.locking import LOCK_NAME

CHECK = "one portal"
ANSWER_SECONDS = 5.0
"""A socket that takes no connection for so long does not answer, seconds."""
_CREDENTIALS = struct.Struct("3i")
"""pid, uid, gid: SO_PEERCRED of unix(7)."""
_START = "`systemctl start portevoix`; `journalctl -u portevoix` says why it ended."


@dataclass(frozen=True)
class Serving:
    """Who listens on the portal's socket, and who holds the lock of the state folder: process numbers, or None."""

    listener: int | None
    holder: int | None


def look(machine: Machine, path: Path, folder: Path) -> Serving:
    """Ask the socket at `path`, and the kernel's list of locks."""
    return Serving(_listener(path), _holder(machine, folder / LOCK_NAME))


def check(chosen: Settings, found: Serving) -> Finding:
    """Two portals on one state would lose reports; so would one on a copy of it."""
    folder = chosen.state
    is_file = chosen.database.startswith("sqlite")
    if found.listener is None and found.holder is None:
        return warn(CHECK, f"No portal serves {folder}.", _START)
    if found.listener is None:
        return bad(
            CHECK, f"Process {found.holder} holds {folder} and does not answer.", "`systemctl restart portevoix`"
        )
    if is_file and found.holder is None:
        return bad(
            CHECK,
            f"Process {found.listener} listens, and does not hold the lock of {folder}: it serves another folder, or "
            f"{LOCK_NAME} was removed.",
            f"`ps {found.listener}` shows which; stop all portals, then start one: `systemctl restart portevoix`.",
        )
    if found.holder not in (None, 0, found.listener):
        return bad(
            CHECK,
            f"Process {found.holder} holds {folder}, and process {found.listener} listens in its place.",
            f"`ps {found.holder} {found.listener}`: stop both, then start one.",
        )
    return ok(CHECK, f"Process {found.listener} serves {folder}, alone.")


def _listener(path: Path) -> int | None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(os.fspath(path))
            data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return None
    pid: int = _CREDENTIALS.unpack(data)[0]
    return pid


def _holder(machine: Machine, path: Path) -> int | None:
    """Who has locked the file; 0 for a process that cannot be seen from here (proc_locks(5))."""
    try:
        status = path.stat()
    except OSError:
        return None
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    found = re.search(rf"FLOCK +\S+ +WRITE +(-?\d+) +{place} ", machine.read("/proc/locks"))
    return max(int(found[1]), 0) if found else None
