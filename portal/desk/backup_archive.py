"""What is inside a backup: the archive of a desk's folder (docs/format.md section 13).

Pure: iterators in, iterators out. Rules kept here: only names that a desk has are written or read, in one order and
each once; every item is what its name says. A backup may come from anybody who knows the recipient, so what is read
here is hostile.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from portal import archive, canonical, limits
from portal.errors import BackupError, told_as
from portal.report import Hex32, Name

FRONT = "backup.json"
CASEBOOK = "casebook.db"
LAST = "desk.json"
_PERSON = "[a-z][a-z0-9-]{0,31}"
_ORDER = [
    re.compile(pattern)
    for pattern in (
        r"backup\.json",
        r"casebook\.db",
        r"keys\.age",
        rf"keyring/{_PERSON}\.age",
        rf"public/{_PERSON}\.(?:pub|recipients)",
        r"triage\.toml",
        r"sealed/[0-9a-f]{64}\.age",
        r"quarantine/[0-9a-f]{64}\.age",
        r"desk\.json",
    )
]
_ITEM = re.compile(r"(?:sealed|quarantine)/([0-9a-f]{64})\.age")
LARGEST = 8 * 1024 * limits.MIB - 1
"""The largest member that a header of ustar can hold, bytes."""


class Front(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """backup.json: what may be known of a backup once it is decrypted."""

    format: Literal["portevoix/backup/1"]
    desk: Name
    at: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z(?!\n)$")]
    casebook: Hex32
    items: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


@dataclass(frozen=True)
class Member:
    """One file of a desk, `name` as in the archive, with its size in bytes and its content in pieces."""

    name: str
    size: int
    content: Iterable[bytes]


def is_item(name: str) -> bool:
    """Whether a member is a sealed item, of a case or in quarantine."""
    return bool(_ITEM.fullmatch(name))


def can_hold(name: str) -> bool:
    """Whether a file of this name belongs into a backup."""
    return any(pattern.fullmatch(name) for pattern in _ORDER)


def write(front: Front, members: Iterable[Member]) -> Iterator[bytes]:
    """The archive, in pieces; `members` are all files but backup.json, in the order of the format.

    Raises FormatError if a file is not as long as was said.
    """
    data = canonical.dumps(front)
    yield from archive.member(FRONT, len(data), [data])
    for member in members:
        yield from archive.member(member.name, member.size, member.content)
    yield bytes(archive.END_BYTES)


class Reader:
    """Reads a backup's archive forwards, in constant memory. Everything here raises BackupError.

    First `front`; then `members()`, each of which must be read to its end before the next.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._archive = archive.Reader(pieces)
        self._members = iter(self._archive)
        with told_as(BackupError):
            name, _ = next(self._members, ("", 0))
            if name == "manifest.json":
                raise BackupError("This is a transfer from another desk, not a backup: `desk receive` takes it.")
            if name != FRONT:
                raise BackupError("This is not a backup of a desk: choose the file that `desk backup` wrote.")
            data = self._archive.read(limits.SMALL_FILE_BYTES)
        self.front = canonical.loads(data, Front, FRONT, BackupError)

    def members(self) -> Iterator[Member]:
        """Every file but backup.json; whether all are there is known when the iteration has come to its end."""
        place, last, items = 0, FRONT, 0
        with told_as(BackupError):
            for name, size in self._members:
                following = _place(name)
                if (following, name) <= (place, last):
                    raise BackupError("The backup names a file twice, or out of order: it was not made by Portevoix.")
                _check_size(name, size)
                items += is_item(name)
                place, last = following, name
                yield Member(name, size, self._checked(name))
            if last != LAST or items != self.front.items:
                raise BackupError("The backup is not whole: take another one.")
            if not self._archive.ends_exactly():
                raise BackupError("The backup does not end as it must: take another one.")

    def _checked(self, name: str) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with told_as(BackupError):
            for piece in self._archive.content():
                digest.update(piece)
                yield piece
        expected = self._expected(name)
        if expected is not None and digest.hexdigest() != expected:
            raise BackupError("A file of the backup is not what it must be by its SHA-256: take another backup.")

    def _expected(self, name: str) -> str | None:
        if name == CASEBOOK:
            return self.front.casebook
        item = _ITEM.fullmatch(name)
        return item[1] if item else None


def _place(name: str) -> int:
    for place, pattern in enumerate(_ORDER):
        if pattern.fullmatch(name):
            return place
    raise BackupError("The backup holds a file that no desk has: it was not made by Portevoix.")


def _check_size(name: str, size: int) -> None:
    if name == CASEBOOK:
        return
    if size > (limits.SEALED_ITEM_BYTES if is_item(name) else limits.SMALL_FILE_BYTES):
        raise BackupError("The backup holds a file that is larger than it may be: it was not made by Portevoix.")
