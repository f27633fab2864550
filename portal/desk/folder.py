"""The desk's folder: what lies where, and how a file gets there whole or not at all.

    desk.json               says that this is a desk, and which; written last of all
    lock                    held by the one command that writes
    casebook.db             SQLCipher (portal.desk.casebook)
    keys.age                the desk's secrets, sealed to its people (portal.desk.keyring)
    keyring/PERSON.age      one a caseworker (portal.desk.keyring)
    sealed/SHA256.age       every item as it came, unchanged, named by its own SHA-256
    quarantine/SHA256.age   the same for what was not acceptable
    public/                 NAME.recipients and NAME.pub, for the portal's keys folder

Rules kept here: a name from outside never becomes a path; a file is on the disk before it has its name; folders are
0700, files 0600 but for the public keys. Nothing here knows what the files mean.
"""

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from portal.errors import DeskError
from portal.files import sync_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FOLDER_MODE = 0o700
FILE_MODE = 0o600
PUBLIC_MODE = 0o644
READ_BYTES = 64 * 1024
"""A file is read in pieces of this size, bytes."""
_PART = ".part"
_TRY_SECONDS = 0.02
"""Whoever waits for the lock tries so often, seconds."""


class Folder:
    """The paths of one desk. `sealed` and `quarantined` take 32-byte SHA-256 digests, never text from outside."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.about = root / "desk.json"
        self.casebook = root / "casebook.db"
        self.keys = root / "keys.age"
        self.keyrings = root / "keyring"
        self.sealed_items = root / "sealed"
        self.quarantine = root / "quarantine"
        self.public = root / "public"

    def keyring(self, person: str) -> Path:
        return self.keyrings / f"{person}.age"

    def sealed(self, sha256: bytes) -> Path:
        return self.sealed_items / f"{sha256.hex()}.age"

    def quarantined(self, sha256: bytes) -> Path:
        return self.quarantine / f"{sha256.hex()}.age"

    def make(self) -> None:
        """Make the folders, for their owner alone. Raises DeskError if other things lie in there already."""
        ours = {"desk.json", "lock", "keys.age", "casebook.db", "casebook.db-wal", "casebook.db-shm"}
        inner = (self.keyrings, self.sealed_items, self.quarantine, self.public)
        ours |= {path.name for path in inner}
        if self.root.exists() and any(p.name not in ours and p.suffix != _PART for p in self.root.iterdir()):
            raise DeskError(f"{self.root} holds other files already: choose a new or empty folder for the desk.")
        self.root.mkdir(parents=True, exist_ok=True)
        for path in (self.root, *inner):
            path.mkdir(mode=FOLDER_MODE, exist_ok=True)
            path.chmod(FOLDER_MODE)

    @property
    def is_writable(self) -> bool:
        """Whether anything can be changed here: not on a medium, or in a copy, that can only be read."""
        return os.access(self.root, os.W_OK) and os.access(self.casebook, os.W_OK)

    @contextmanager
    def lock(self, patience: float = 0.0) -> Iterator[None]:
        """Hold the desk for a command that writes; it is free again when the process ends, however it ends.

        Raises DeskError if another command holds it, and does not let go of it within `patience` seconds.
        """
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, FILE_MODE)
        try:
            if not _lock_within(descriptor, patience):
                raise DeskError(f"Another command works in {self.root}: wait until it is done, and do this again.")
            try:
                self._sweep()
                yield
            finally:
                _unlock(descriptor)
        finally:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Remove what a command that was killed left half written."""
        for folder in (self.root, self.keyrings, self.sealed_items, self.quarantine, self.public):
            if folder.is_dir():
                for path in folder.glob(f".*{_PART}*"):  # SQLite puts files of its own beside one
                    path.unlink(missing_ok=True)


class Part:
    """A file in the making, in the folder where it will stand; without `become` it is gone when the block ends."""

    def __init__(self, folder: Path, mode: int = FILE_MODE) -> None:
        self.path = folder / f".{secrets.token_hex(8)}{_PART}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._file = os.fdopen(os.open(self.path, flags, mode), "wb", buffering=0)

    def write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        """Bring what was written to the disk."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()

    def become(self, path: Path) -> None:
        """Give the file its name, durably, in place of one that has it already."""
        self.close()
        os.replace(self.path, path)
        sync_folder(path.parent)

    def become_new(self, path: Path) -> None:
        """The same, but raises DeskError if something has that name already."""
        self.close()
        try:
            os.link(self.path, path)
        except FileExistsError:
            raise _taken(path) from None
        except OSError:  # no hard links, as on the FAT of many a USB stick
            check_free(path)
            os.replace(self.path, path)
        sync_folder(path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def write(path: Path, content: bytes, mode: int = FILE_MODE) -> None:
    """Write a small file durably: after a crash it is there whole, or as it was before."""
    with Part(path.parent, mode) as part:
        part.write(content)
        part.become(path)


def check_free(path: Path) -> None:
    """Raise DeskError if a new file cannot be made at `path`."""
    if os.path.lexists(path):
        raise _taken(path)
    if not path.parent.is_dir():
        raise DeskError(f"There is no folder {path.parent}: make it, or choose another place.")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that a person asked for, at once under its own name; gone again if the block raises.

    What is in clear must never lie under a name that its owner does not know, so there is no file in the making here.
    """
    check_free(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, FILE_MODE), "wb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def pieces(path: Path) -> Iterator[bytes]:
    """The content of a file, in pieces of 64 KiB."""
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            yield piece


def _taken(path: Path) -> DeskError:
    return DeskError(f"{path} exists already and is not overwritten: choose another name.")


def _lock_within(descriptor: int, seconds: float) -> bool:
    # No system lets a process wait for a lock of this kind for a while and then give up.
    end = time.monotonic() + seconds
    while not (locked := _try_lock(descriptor)) and time.monotonic() < end:
        time.sleep(_TRY_SECONDS)
    return locked


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    """Windows alone may keep a lock for a while after its file is closed."""
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
