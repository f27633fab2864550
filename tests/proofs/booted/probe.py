"""Runs within the walls of a unit and tries what they must keep it from: prints as JSON what it could do.

It is copied into the machine and run by its Python alone. `EXPECTED` is what it must be able to do there.
"""

import ctypes
import json
import mmap
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

STATE = Path("/var/lib/portevoix")
_NEW_USER_NAMESPACE = 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


def _write(path: str) -> None:
    Path(path).write_bytes(b"")
    Path(path).unlink()


def _set_uid_bit() -> None:
    path = STATE / "probe"
    path.touch()
    try:
        path.chmod(0o4700)
    finally:
        path.unlink()


def _see(path: str) -> None:
    if not os.listdir(path):
        raise FileNotFoundError(path)


def _read_secrets() -> None:
    folder = Path(os.environ["CREDENTIALS_DIRECTORY"])
    for name in ("receipt.secret", "session.secret", "portal.key", "onion.key"):
        (folder / name).read_bytes()


EXPECTED: dict[str, Callable[[], object]] = {
    "write its state": lambda: _write(f"{STATE}/probe"),
    "read its secrets": _read_secrets,
    "lock memory": lambda: _call("mlock", ctypes.create_string_buffer(4096), 4096),
}
FORBIDDEN: dict[str, Callable[[], object]] = {
    "open an internet socket": lambda: socket.socket(socket.AF_INET).close(),
    "open a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "write into /etc": lambda: _write("/etc/probe"),
    "write into its program": lambda: _write("/opt/portevoix/probe"),
    "write backups": lambda: _write("/var/backups/portevoix/probe"),
    "read /root": lambda: _see("/root"),
    "read the sealed secrets": lambda: _see("/etc/portevoix/sealed"),
    "see the first process": lambda: os.stat("/proc/1"),
    "write and run memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "make a user namespace": lambda: _call("unshare", _NEW_USER_NAMESPACE),
    "mount": lambda: _call("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "be traced": lambda: _call("ptrace", 0, 0, 0, 0),
    "name the machine": lambda: socket.sethostname(socket.gethostname()),
    "set the bit of another user": _set_uid_bit,
    "run in real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
}
ANYBODY = {"open an internet socket", "open a netlink socket", "see the first process", "write and run memory"}
"""What a user without rights can do wherever nothing forbids it; so the probe is seen to find it."""


def possible(attempts: dict[str, Callable[[], object]]) -> list[str]:
    """The names of those that did not fail."""
    found = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except (OSError, KeyError):
            continue
        found.append(name)
    return found


if __name__ == "__main__":
    if os.geteuid() == 0:
        # What it tries would be done.
        sys.exit("The probe is for a user without rights.")
    json.dump({"expected": possible(EXPECTED), "forbidden": possible(FORBIDDEN)}, sys.stdout)
