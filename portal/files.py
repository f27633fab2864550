"""Files that are there whole or not at all, also after a power cut."""

import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path

OWNER_ONLY = 0o600
PUBLIC = 0o644


def write(path: Path, pieces: Iterable[bytes], *, mode: int = OWNER_ONLY, replace: bool = True) -> None:
    """Write a file durably, under its name only when whole. Raises OSError; FileExistsError unless `replace`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.chmod(temporary, mode)  # the umask of a server is stricter than a public key needs
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)
    except OSError as error:
        # What the pieces are read from has a name of its own.
        if error.filename is None or str(error.filename) == str(temporary):
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and what is missing above it, durably; one that is there stays as it is.

    Raises OSError.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Windows has no call for it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
