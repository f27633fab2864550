"""Put a desk back from its backup, and prove a backup without touching anything (docs/format.md section 13).

Rules kept here:
- A folder becomes a desk only when all of the backup is in it, was checked, and the casebook opens: until then it lies
  beside it under another name. Killed at any moment, the same command again begins anew.
- A desk that was put back does not use the counter of a pack that the portal may have taken since
  (docs/format.md section 10): it goes on far behind them.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portal import limits
from portal.age import HybridIdentity, Identity, decrypt, strip_armor
from portal.desk import session
from portal.desk.backing_up import Progress
from portal.desk.backup_archive import CASEBOOK, Front, Member, Reader, is_item
from portal.desk.casebook import Casebook
from portal.desk.folder import FILE_MODE, PUBLIC_MODE, Folder, Part, pieces
from portal.desk.paper import opening
from portal.desk.session import PERSON, Desk, unlock, working
from portal.errors import AgeError, BackupError, DeskError, NoMatch
from portal.files import sync_folder


@dataclass(frozen=True)
class Restored:
    """A desk that was put back as it was `at` (UTC)."""

    desk: str
    at: str
    cases: int
    items: int
    missing: int
    """Items that the casebook knows and the backup has not: they were missing when it was made."""


def check(
    path: Path,
    identities: Sequence[Identity],
    casebook: tuple[Path, bytes] | None = None,
    progress: Progress = lambda done, total: None,
) -> Front:
    """Read all of a backup and check all that can be: nothing is written, but for the casebook where it can be opened.

    `casebook` is a folder in which its encrypted copy may lie for a moment, and its raw key (32 bytes).
    Raises DeskError, BackupError or AgeError if the backup would not restore. Constant memory.
    """
    opened = _Opened(path, identities)
    for member in opened.members(progress):
        if member.name == CASEBOOK and casebook is not None:
            with Part(casebook[0]) as part:
                for piece in member.content:
                    part.write(piece)
                part.close()
                with Casebook.open(part.path, casebook[1]) as copy:
                    _check_casebook(copy)
        else:
            for _ in member.content:
                pass
    return opened.front


def restore(
    path: Path,
    root: Path,
    identities: Sequence[Identity],
    passphrase: str | HybridIdentity,
    person: str = PERSON,
    *,
    clock: Callable[[], datetime] = session.now,
    progress: Progress = lambda done, total: None,
) -> Restored:
    """Make the desk in the new or empty folder `root` from the backup at `path`.

    `passphrase` is that of `person`, or what their paper copy holds in place of it.

    Raises DeskError, BackupError or AgeError; then there is nothing in `root`.
    """
    _check_new(root)
    work = Folder(root.parent / f".{root.name}.restoring")
    _begin(work)
    try:
        opened = _Opened(path, identities)
        with work.lock():
            _unpack(opened, work, progress)
        if isinstance(passphrase, str):
            keys = unlock(work, passphrase, person)
        else:
            keys = opening.unlock(work, passphrase, person)
        if keys.desk != opened.front.desk:
            raise BackupError("The backup holds the keyring of another desk than it says: take another one.")
        with Casebook.open(work.casebook, *keys.keys.casebook_keys) as casebook:
            _check_casebook(casebook)
        with working(work, keys, writing=True, clock=clock) as desk:
            restored = _go_on(desk, opened)
    except BaseException:
        shutil.rmtree(work.root, ignore_errors=True)
        raise
    if root.exists():
        root.rmdir()
    os.replace(work.root, root)
    return restored


class _Opened:
    """A backup that is being read: its front, its members, and at their end the SHA-256 of the file, 32 bytes."""

    def __init__(self, path: Path, identities: Sequence[Identity]) -> None:
        self._digest = hashlib.sha256()
        with _explained():
            self._reader = Reader(decrypt(identities, strip_armor(self._pieces(path))))
        self.front = self._reader.front

    def members(self, progress: Progress) -> Iterator[Member]:
        done = 0
        with _explained():
            for member in self._reader.members():
                yield Member(member.name, member.size, _explained_pieces(member.content))
                done += is_item(member.name)
                progress(done, self.front.items)

    @property
    def sha256(self) -> bytes:
        return self._digest.digest()

    def _pieces(self, path: Path) -> Iterator[bytes]:
        for piece in pieces(path):
            self._digest.update(piece)
            yield piece


def _explained_pieces(content: Iterable[bytes]) -> Iterator[bytes]:
    with _explained():
        yield from content


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except NoMatch:
        raise DeskError(
            "This key does not open the backup: give the identity to whose recipient it was sealed."
        ) from None
    except AgeError as error:
        raise DeskError(f"The backup is damaged ({error.category}) and opens no further: take another one.") from None


def _check_new(root: Path) -> None:
    if (root / "desk.json").exists():
        raise DeskError(
            f"{root} is a desk already, and nothing was changed: choose another folder for the restored one."
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise DeskError(f"{root} holds other files already: choose a new or empty folder for the desk.")
    if not root.absolute().parent.is_dir():
        raise DeskError(f"There is no folder {root.absolute().parent}: make it, or choose another place.")


def _begin(work: Folder) -> None:
    """An empty folder to work in, also where an earlier restore was killed."""
    if (work.root / "lock").exists():
        with work.lock():  # raises DeskError while another restore works there
            pass
    shutil.rmtree(work.root, ignore_errors=True)
    work.make()


def _unpack(opened: _Opened, work: Folder, progress: Progress) -> None:
    for member in opened.members(progress):
        path = work.root / member.name  # one of the names that a desk has: backup_archive allows no other
        mode = PUBLIC_MODE if path.parent == work.public else FILE_MODE
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags, mode), "wb") as file:
            for piece in member.content:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    for folder in (work.keyrings, work.public, work.sealed_items, work.quarantine, work.root):
        sync_folder(folder)


def _check_casebook(casebook: Casebook) -> None:
    if casebook.all("PRAGMA cipher_integrity_check") or casebook.all("PRAGMA quick_check") != [("ok",)]:
        raise DeskError("The casebook in this backup is damaged: take another backup.")


def _go_on(desk: Desk, opened: _Opened) -> Restored:
    casebook = desk.casebook
    with casebook.transaction():
        casebook.run("UPDATE portals SET pack = pack + ?", limits.RESTORE_LEAP)
        desk.record("restored", sha256=opened.sha256.hex(), at=opened.front.at)
    (count,) = casebook.one("SELECT count(*) FROM cases")
    wanted = [desk.folder.sealed(sha256) for (sha256,) in casebook.all("SELECT DISTINCT sha256 FROM messages")]
    missing = sum(not path.is_file() for path in wanted)
    return Restored(desk.name, opened.front.at, count, opened.front.items, missing)
