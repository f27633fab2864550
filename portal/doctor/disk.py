"""Is there room? Below two floors the portal refuses files, then reports; the nightly tending needs room as well."""

import os
from dataclasses import dataclass
from pathlib import Path

from portal.doctor.finding import Finding, bad, ok, warn
from portal.limits import MIB
from portal.settings import Settings

CHECK = "disk"
FREE_INODES = 1_000
"""Below this many free inodes a file system is as good as full."""
TENDED = 2
"""`portal tend` needs room of so many times the database's size."""


@dataclass(frozen=True)
class Room:
    """Free bytes and inodes of a file system; `inodes` is None where it has no fixed number of them."""

    bytes: int
    inodes: int | None


def room(folder: Path) -> Room:
    """The room for the portal's user. Raises OSError."""
    found = os.statvfs(folder)
    return Room(found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)


def check(settings: Settings, free: Room, database_bytes: int) -> Finding:
    """`database_bytes` is the size of SQLite's file; 0 for a database elsewhere."""
    fix = f"Make room on the volume of {settings.state}: `df -h {settings.state}`, and let the desks collect."
    shown = f"{free.bytes // MIB} MiB are free"
    if free.bytes < settings.free_bytes_text:
        return bad(CHECK, f"{shown}: every report is refused.", fix)
    if free.inodes is not None and free.inodes < FREE_INODES:
        return bad(CHECK, f"{free.inodes} inodes are free: soon nothing can be stored.", f"`df -i {settings.state}`")
    if free.bytes < settings.free_bytes_attachments:
        return bad(CHECK, f"{shown}: reports with files are refused.", fix)
    if free.bytes < TENDED * database_bytes:
        return warn(
            CHECK, f"{shown}, and the database has {database_bytes // MIB} MiB: the order of arrival stays in it.", fix
        )
    return ok(CHECK, f"{shown}.")
