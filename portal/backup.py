"""A portal's backup: everything that a new machine needs, in one age file (docs/format.md section 15).

    backup.json              the front: day, secrets, public keys, the desks' counters
    replies/<n>              JSON, a page of replies without their bytes
    replies/<id>.age         … and each of them
    items/<n>                JSON, a page of items: id, size, desks
    items/<id>.age           … and each of them, but for those that a desk's pack took away meanwhile
    end                      how many items and replies there were

Rules kept here: it is written while the portal serves, without holding it up, and in constant memory; nothing is put
into a portal before its secrets, which come last: what was restored by half cannot be served, and the same command
again goes on. A restored portal has counters that no desk has seen, so nothing of it passes for old.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from portal import archive, canonical, files, limits, roster, settings, state
from portal.errors import FormatError, PortalBackupError, StoreError
from portal.report import Day, Hex16, Hex32, Name, Size
from portal.spool import SealedSpool
from portal.store import Store
from portal.store.copies import DeskRow, ItemRow, ReplyRow

FORMAT: Literal["portevoix/backup/1"] = "portevoix/backup/1"
RESTORED_BUNDLES = 2**20
"""A restored portal counts its bundles on from so many more than the backup says."""
FILES = (roster.NEWEST, state.SESSION_SECRET, state.SIGNING_KEY, state.ONION_KEY, state.RECEIPT_SECRET)
"""The secrets, and what keeps an old roster out. The last one is what `portal serve` cannot begin without."""
_FRONT_BYTES = 16 * limits.MIB
_PAGE_BYTES = 4 * limits.MIB
_KEY_FILE = re.compile(r"[a-z][a-z0-9-]{0,31}\.(pub|recipients)|roster\.toml(\.minisig)?")
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Text = Annotated[str, msgspec.Meta(max_length=64 * limits.KIB)]
_Kind = TypeVar("_Kind", bound=msgspec.Struct)


class DeskState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A desk as the portal knows it: counters, the day of its last pack, the replies in that."""

    desk: Name
    pack: _Count
    bundle: _Count
    day: Day | None
    taken: list[Hex16]


class Front(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """backup.json."""

    format: Literal["portevoix/backup/1"]
    day: Day
    files: dict[str, _Text]
    """Text of the files of the state folder, by name."""
    keys: dict[str, _Text]
    """The same of the keys folder."""
    desks: list[DeskState]


class ReplyEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reply, without its bytes."""

    id: Hex16
    locator: Hex32
    expires: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])(?!\n)$")]


class ItemEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item, without its bytes."""

    id: Hex32
    size: Size
    desks: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=32)]


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some replies or some items."""

    replies: list[ReplyEntry] = []
    items: list[ItemEntry] = []


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last member."""

    replies: _Count
    items: _Count


@dataclass(frozen=True)
class Copied:
    """What was written or restored."""

    day: str
    items: int
    replies: int


class Writer:
    """Writes one backup; `copied` says what is in it when `pieces` has come to its end."""

    def __init__(self, store: Store, folder: Path, keys: Path, today: date) -> None:
        """`folder` is the state folder; `keys` that of keys, maybe missing. Raises PortalBackupError, StoreError."""
        self._store = store
        self._folder = folder
        self._front = Front(
            FORMAT,
            today.isoformat(),
            {path.name: _text(path) for name in FILES if (path := state.secret_path(folder, name)).exists()},
            {path.name: _text(path) for path in sorted(keys.glob("*")) if _KEY_FILE.fullmatch(path.name)},
            [_desk_state(row) for row in store.copies.desks()],
        )
        self.copied = Copied(self._front.day, 0, 0)

    def pieces(self) -> Iterator[bytes]:
        """The archive. Raises StoreError."""
        yield from _json("backup.json", self._front)
        items = replies = 0
        for number, found in enumerate(self._store.copies.replies(), 1):
            rows = [ReplyEntry(row.id.hex(), row.locator.hex(), row.expires_month) for row in found]
            yield from _json(f"replies/{number}", Page(replies=rows))
            for row in found:
                yield from archive.member(f"replies/{row.id.hex()}.age", len(row.sealed), [row.sealed])
            replies += len(found)
        for number, page in enumerate(self._store.copies.items(), 1):
            rows_ = [ItemEntry(row.id.hex(), row.size, list(row.desks)) for row in page]
            yield from _json(f"items/{number}", Page(items=rows_))
            for item in page:
                with SealedSpool(self._folder / state.SPOOL) as spool:
                    if self._read(item, spool):
                        yield from archive.member(f"items/{item.id.hex()}.age", spool.size, spool.pieces())
                        items += 1
        yield from _json("end", End(replies, items))
        yield bytes(archive.END_BYTES)
        self.copied = Copied(self._front.day, items, replies)

    def _read(self, item: ItemRow, spool: SealedSpool) -> bool:
        """Whether the item is still there, and is in `spool` now."""
        try:
            for piece in self._store.read_item(item.id):
                spool.write(piece)
        except StoreError:
            if self._store.contains(item.id):
                raise
            return False
        return True


def begin(store: Store, folder: Path, database: str) -> None:
    """Note in `folder` that a restore into `store`, whose URL is `database`, has begun.

    The database must be empty, unless that was noted before: then the same command goes on. Raises StoreError, OSError.
    """
    note, text = folder / state.RESTORING, hashlib.sha256(database.encode()).hexdigest()
    if not note.exists() or note.read_text() != text:
        store.copies.check_empty()
        files.write(note, [text.encode()])


def restore(store: Store, folder: Path, pieces: Iterable[bytes], database: str | None = None) -> Copied:
    """Make a portal in `folder` and in `store` out of a backup's archive; its settings name `database`, if given.

    Killed at any moment, it is simply done again. Raises PortalBackupError, SettingsError, StoreError, OSError.
    """
    if (folder / state.RECEIPT_SECRET).exists():
        raise PortalBackupError(f"{folder} holds a portal already: restore into a new folder.")
    try:
        return _Restoration(store, pieces).run(folder, database)
    except FormatError as error:
        raise PortalBackupError(f"The backup cannot be read to its end, and no portal was made: {error}") from None


class _Restoration:
    def __init__(self, store: Store, pieces: Iterable[bytes]) -> None:
        self._store = store
        self._reader = archive.Reader(pieces)
        self._members = iter(self._reader)
        self._items = self._replies = 0
        self._next = next(self._members, ("", 0))

    def run(self, folder: Path, database: str | None) -> Copied:
        front = self._json("backup.json", Front, _FRONT_BYTES)
        _check_names(front)
        while self._next[0].startswith("replies/"):
            self._take_replies(self._json(self._next[0], Page, _PAGE_BYTES).replies)
        while self._next[0].startswith("items/"):
            for entry in self._json(self._next[0], Page, _PAGE_BYTES).items:
                self._take_item(entry)
        end = self._json("end", End, _PAGE_BYTES)
        if (end.items, end.replies) != (self._items, self._replies):
            raise FormatError("it does not hold as much as it says.")
        if not self._reader.ends_exactly():
            raise FormatError("something follows its end.")
        self._store.copies.put_desks([_desk_row(desk) for desk in front.desks])
        _write(folder, front, database)
        return Copied(front.day, end.items, end.replies)

    def _take_replies(self, entries: list[ReplyEntry]) -> None:
        rows = []
        for entry in entries:
            if self._next[0] != f"replies/{entry.id}.age":
                raise FormatError("a reply is missing in it.")
            sealed = self._reader.read(limits.SEALED_REPLY_BYTES)
            rows.append(ReplyRow(bytes.fromhex(entry.id), bytes.fromhex(entry.locator), entry.expires, sealed))
            self._advance()
        self._store.copies.put_replies(rows)
        self._replies += len(rows)

    def _take_item(self, entry: ItemEntry) -> None:
        if self._next != (f"items/{entry.id}.age", entry.size):
            return
        self._store.add_item(bytes.fromhex(entry.id), entry.desks, entry.size, self._reader.content())
        self._items += 1
        self._advance()

    def _json(self, name: str, kind: type[_Kind], limit: int) -> _Kind:
        """The member at hand, which must be called `name`."""
        if self._next[0] != name:
            raise FormatError(f"{name} is missing in it.")
        value = canonical.loads(self._reader.read(limit), kind, name, FormatError)
        self._advance()
        return value

    def _advance(self) -> None:
        self._next = next(self._members, ("", 0))


def _check_names(front: Front) -> None:
    """Names that become paths are known ones, or look like key files."""
    known = front.files.keys() <= set(FILES) and {state.RECEIPT_SECRET, state.SIGNING_KEY} <= front.files.keys()
    if not known or not all(_KEY_FILE.fullmatch(name) for name in front.keys):
        raise FormatError("its front names files that a portal does not have.")


def _write(folder: Path, front: Front, database: str | None) -> None:
    """The state folder and, in it, the keys folder; the last is the secret without which nobody can serve."""
    keys = folder / "keys"
    for made in (folder, keys, folder / state.SPOOL):
        files.make_folder(made)
    for name, text in front.keys.items():
        files.write(keys / name, [text.encode()], mode=files.PUBLIC)
    if database:
        settings.remember_database(folder, database)
    *others, last = (name for name in FILES if name in front.files)
    for name in others:
        files.write(folder / name, [front.files[name].encode()])
    state.publish(folder)
    files.write(folder / last, [front.files[last].encode()])
    (folder / state.RESTORING).unlink(missing_ok=True)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise PortalBackupError(
            f"{path} cannot be read: look at its owner and its content, then make the backup."
        ) from None


def _json(name: str, value: msgspec.Struct) -> Iterator[bytes]:
    data = canonical.dumps(value)
    return archive.member(name, len(data), [data])


def _desk_state(row: DeskRow) -> DeskState:
    return DeskState(row.desk, row.pack, row.bundle, row.day, [reply.hex() for reply in row.taken])


def _desk_row(desk: DeskState) -> DeskRow:
    taken = tuple(bytes.fromhex(reply) for reply in desk.taken)
    return DeskRow(desk.desk, desk.pack, desk.bundle + RESTORED_BUNDLES, desk.day, taken)
