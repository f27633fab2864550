"""Back up a desk: everything of it in one age file, so that a dead laptop loses nothing (docs/format.md section 13).

Rules kept here:
- The casebook is copied in one transaction, under the key that it has, while the desk is open; nothing is in clear on
  the disk at any moment.
- A backup gets its name only after it was read back from the medium and is what was written.
- Only then are the items that it holds marked in the casebook; from then on packs may acknowledge them
  (portal.desk.packing).

Tables: `backups`, and the column `backup` of `arrivals`.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from portal.age import Recipient, encrypt
from portal.desk import backup_archive
from portal.desk.backup_archive import LARGEST, Front, Member
from portal.desk.folder import Folder, Part, check_free, pieces
from portal.desk.session import Desk
from portal.errors import DeskError

Progress = Callable[[int, int], None]
"""Called with the items that are done, and all of them."""


@dataclass(frozen=True)
class Made:
    """A backup that was read back: its file's SHA-256 (32 bytes) and size in bytes, and the items that it holds."""

    path: Path
    sha256: bytes
    size: int
    items: int
    secured: int
    """Items that no backup held before: the next pack may acknowledge them."""
    damaged: list[str] = field(default_factory=list)
    """Sealed items at this desk that are not what their name says; they are in it as they are."""


def back_up(
    desk: Desk,
    out: Path,
    recipients: Sequence[Recipient],
    *,
    place: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Made:
    """Write a backup to the new file `out`, sealed to `recipients`, and read it back.

    `place` is the backup place if it lies there. Constant memory; the casebook needs room for a copy beside it.
    Raises DeskError if `out` exists or does not read back, KeyFailure if the recipients do not go together.
    """
    check_free(out)
    waiting = desk.casebook.all("SELECT rowid, portal, item, sha256 FROM arrivals WHERE backup IS NULL")
    with Part(desk.folder.root) as copy, Part(out.parent) as part:
        copy.close()
        desk.casebook.run("VACUUM INTO ?", str(copy.path))
        work = _Work(desk, copy.path, progress)
        digest, size = hashlib.sha256(), 0
        for piece in encrypt(recipients, work.archive()):
            part.write(piece)
            digest.update(piece)
            size += len(piece)
        part.close()
        if read_back(part.path) != digest.digest():
            raise DeskError("What was read back is not what was written: this medium is worn out, take another one.")
        part.become_new(out)
    held = [row for row in waiting if _is_held(desk, work.sound, *row[1:])]
    made = Made(out, digest.digest(), size, len(work.items), len(held), sorted(work.damaged))
    _note(desk, made, [row[0] for row in held], place)
    return made


def read_back(path: Path) -> bytes:
    """SHA-256 of a file as it is on the medium, 32 bytes: where the system lets us, not from its memory."""
    digest = hashlib.sha256()
    if hasattr(os, "posix_fadvise"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
    for piece in pieces(path):
        digest.update(piece)
    return digest.digest()


def is_same_disk(desk: Folder, out: Path) -> bool:
    """Whether a backup in the folder `out` would die with the disk on which the desk is."""
    return os.stat(desk.root).st_dev == os.stat(out).st_dev


class _Work:
    """One backup in the making: what goes into it, and what was seen of it."""

    def __init__(self, desk: Desk, copy: Path, progress: Progress) -> None:
        self._desk = desk
        self._copy = copy
        self._progress = progress
        self.items = [*_items("sealed", desk.folder.sealed_items), *_items("quarantine", desk.folder.quarantine)]
        self.sound: set[bytes] = set()
        """SHA-256 of the sealed items that are what their names say."""
        self.damaged: list[str] = []

    def archive(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in pieces(self._copy):
            digest.update(piece)
        if self._copy.stat().st_size > LARGEST:
            raise DeskError("The casebook is larger than a backup can hold (8 GiB): ask for help before you go on.")
        at = self._desk.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        sealed_items = len(self.items)
        front = Front("portevoix/backup/1", self._desk.name, at, digest.hexdigest(), sealed_items)
        return backup_archive.write(front, self._members())

    def _members(self) -> Iterator[Member]:
        folder = self._desk.folder
        yield _member("casebook.db", self._copy)
        for name, path in (
            ("keys.age", folder.keys),
            *_files("keyring", folder.keyrings),
            *_files("public", folder.public),
            ("triage.toml", folder.root / "triage.toml"),
        ):
            if path.is_file():
                yield _member(name, path)
        for done, (name, path) in enumerate(self.items, 1):
            yield Member(name, path.stat().st_size, self._watched(name, path))
            self._progress(done, len(self.items))
        yield _member("desk.json", folder.about)

    def _watched(self, name: str, path: Path) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in pieces(path):
            digest.update(piece)
            yield piece
        if digest.hexdigest() == path.stem:
            self.sound.add(digest.digest())
        else:
            self.damaged.append(name)


def _files(prefix: str, folder: Path) -> list[tuple[str, Path]]:
    """Name in the archive and path of every file of a folder that belongs into a backup."""
    found = sorted((f"{prefix}/{path.name}", path) for path in folder.iterdir())
    return [(name, path) for name, path in found if backup_archive.can_hold(name) and path.is_file()]


_items = _files


def _member(name: str, path: Path) -> Member:
    return Member(name, path.stat().st_size, pieces(path))


def _is_held(desk: Desk, sound: set[bytes], portal: int, item: bytes, sha256: bytes) -> bool:
    """Whether the backup holds what arrived under this id: the stored item, or that it was purged since."""
    stored = desk.casebook.all(
        "SELECT sha256 FROM messages WHERE portal = ? AND item = ? UNION"
        " SELECT sha256 FROM quarantine WHERE portal = ? AND item = ? AND sha256 = ?",
        *(portal, item, portal, item, sha256),
    )
    return all(name in sound for (name,) in stored)


def _note(desk: Desk, made: Made, held: Iterable[int], place: Path | None) -> None:
    casebook = desk.casebook
    with casebook.transaction():
        backup = casebook.run(
            "INSERT INTO backups (name, day, sha256, size, items, place) VALUES (?, ?, ?, ?, ?, ?)",
            *(made.path.name, desk.today.isoformat(), made.sha256, made.size, made.items),
            str(place) if place else None,
        )
        for row in held:
            casebook.run("UPDATE arrivals SET backup = ? WHERE rowid = ?", backup, row)
        desk.record("backed-up", sha256=made.sha256.hex(), items=made.items, secured=made.secured)
