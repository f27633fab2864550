"""What is inside a transfer: a thread that one desk hands to another (docs/format.md section 12).

Pure: iterators in, iterators out. Rules kept here: nothing is believed before the manifest's signature is checked;
every member is checked against the manifest; names never become paths.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import minisign
import msgspec

from portal import archive, canonical, limits, report
from portal.bundle import Unread
from portal.desk.custody import Entry
from portal.desk.origins import Source
from portal.errors import FormatError, Refused, ReportError, TransferError, told_as
from portal.report import Day, Hex16, Hex32, Name, Reply, Size, Status

MANIFEST, SIGNATURE, ITEM = "manifest.json", "manifest.json.minisig", "items/{}.age"
_Number = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
_CaseName = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{4,9}(?!\n)$")]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sealed item; `sha256` and `size` as it travels, `original` the SHA-256 of the age file at the sender."""

    id: Hex32
    sha256: Hex32
    size: Size
    original: Hex32


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer that was given so far; `taken` says that the portal has it."""

    reply: Reply
    taken: bool


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note of a caseworker of the sender."""

    number: _Number
    day: Day
    person: Name
    text: str


class Logged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the sender's log, and what it says, as far as no purge has deleted that."""

    entry: str
    signature: str
    salt: Hex32 | None
    details: str | None


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The manifest of a transfer."""

    format: Literal["portevoix/transfer/1"]
    direction: Literal["desk-to-desk"]
    id: Hex16
    site: Hex16 | None
    desk: Name
    to: Name
    day: Day
    case: _CaseName
    channel: Name
    status: Status
    source: Source | Literal[""]
    locator: Hex32
    items: Annotated[list[Item], msgspec.Meta(max_length=limits.TRANSFER_ITEMS)]
    answers: Annotated[list[Given], msgspec.Meta(max_length=limits.TRANSFER_ANSWERS)]
    notes: Annotated[list[Note], msgspec.Meta(max_length=limits.TRANSFER_NOTES)]
    keys: Annotated[list[str], msgspec.Meta(max_length=limits.TRANSFER_KEYS)]
    log: Annotated[list[Logged], msgspec.Meta(max_length=limits.TRANSFER_LOG)]


@dataclass(frozen=True)
class Entered:
    """An entry of the sender's log that was checked, with the key that signed it, base64."""

    entry: Entry
    logged: Logged
    key: str


def write(manifest: Transfer, key: minisign.SecretKey, contents: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """The archive, in pieces; `contents` are the sealed items in the order of the manifest.

    Raises FormatError if one of them is not as long as the manifest says, or if the manifest is too large.
    """
    data = canonical.dumps(manifest)
    if len(data) > limits.MANIFEST_BYTES:
        raise TransferError("There is too much in this thread for one transfer: leave out the notes.")
    comment = f"portevoix transfer {manifest.case} {manifest.to}"
    signature = bytes(key.sign(data, untrusted_comment="portevoix", trusted_comment=comment)) + b"\n"
    yield from archive.member(MANIFEST, len(data), [data])
    yield from archive.member(SIGNATURE, len(signature), [signature])
    for item, content in zip(manifest.items, contents, strict=True):
        yield from archive.member(ITEM.format(item.id), item.size, content)
    yield bytes(archive.END_BYTES)


class Reader:
    """Reads a transfer forwards, in constant memory; `manifest` is what `key` signed.

    Raises Refused if it did not sign it, TransferError for everything else.
    """

    def __init__(self, pieces: Iterable[bytes], key: minisign.PublicKey) -> None:
        self._archive = archive.Reader(pieces)
        self._members = iter(self._archive)
        front = Unread(self._expect(MANIFEST, limits.MANIFEST_BYTES), self._expect(SIGNATURE, limits.SIGNATURE_BYTES))
        try:
            front.verified([key])
        except FormatError:
            raise Refused(
                "The transfer is not signed by the key that was given, and nothing was stored: "
                "ask the other desk for its file NAME.pub, and compare the fingerprint."
            ) from None
        self.manifest = canonical.loads(front.data, Transfer, MANIFEST, TransferError)
        _check_order([item.id for item in self.manifest.items])
        _check_order([note.number for note in self.manifest.notes])
        _check_answers(self.manifest.answers)

    def items(self) -> Iterator[tuple[Item, Iterator[bytes]]]:
        """Each sealed item and its pieces, which must be read to the end before the next."""
        with told_as(TransferError):
            for item in self.manifest.items:
                if next(self._members, ("", 0)) != (ITEM.format(item.id), item.size):
                    raise TransferError("A member is not what the manifest says: copy the file again.")
                yield item, self._checked(item)
            if next(self._members, None) is not None:
                raise TransferError("The transfer holds more than its manifest says.")
            if not self._archive.ends_exactly():
                raise TransferError("The transfer does not end as it must: copy the file again.")

    def log(self) -> list[Entered]:
        """The entries of the sender's log, each checked by its signature and its HMAC. Raises TransferError."""
        keys = [(text, _key(text)) for text in self.manifest.keys]
        entered = [_entered(logged, keys, self.manifest.case) for logged in self.manifest.log]
        _check_order([one.entry.number for one in entered])
        return entered

    def _expect(self, expected: str, limit: int) -> bytes:
        with told_as(TransferError):
            name, _ = next(self._members, ("", 0))
            if name == expected:
                return self._archive.read(limit)
        raise TransferError("This is not a transfer: choose the file that `desk transfer` wrote at the other desk.")

    def _checked(self, item: Item) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with told_as(TransferError):
            for piece in self._archive.content():
                digest.update(piece)
                yield piece
        if digest.hexdigest() != item.sha256:
            raise TransferError("An item's SHA-256 is not what the manifest says: copy the file again.")


def _check_order(names: Sequence[str] | Sequence[int]) -> None:
    if list(names) != sorted(set(names)):  # type: ignore[type-var]
        raise TransferError("The manifest of the transfer is not in order: it was not made by Portevoix.")


def _check_answers(answers: Sequence[Given]) -> None:
    if len({given.reply.id for given in answers}) != len(answers):
        raise TransferError("The transfer names an answer twice: it was not made by Portevoix.")
    for given in answers:
        try:
            report.write_reply(given.reply)
        except ReportError:
            raise TransferError("An answer in the transfer is longer than one may be.") from None


def _check_structure(said: bytes) -> None:
    try:
        msgspec.json.decode(said, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise TransferError("What an entry of the log in the transfer says cannot be read.") from None


def _key(text: str) -> minisign.PublicKey:
    try:
        return minisign.PublicKey.from_base64(text)
    except (minisign.Error, ValueError):
        raise TransferError("The transfer names a key that is none.") from None


def _entered(logged: Logged, keys: Sequence[tuple[str, minisign.PublicKey]], case: str) -> Entered:
    data = logged.entry.encode("utf-8", "surrogatepass")
    entry = canonical.loads(data, Entry, "An entry of the log in the transfer", TransferError)
    if entry.case != case:
        raise TransferError("The transfer holds an entry of the log that is about another case.")
    if (logged.salt is None) != (logged.details is None):
        raise TransferError("An entry of the log in the transfer is there by halves.")
    if logged.salt is not None and logged.details is not None:
        said = logged.details.encode("utf-8", "surrogatepass")
        if hmac.digest(bytes.fromhex(logged.salt), said, "sha256").hex() != entry.details:
            raise TransferError(f"What entry {entry.number} of the other desk's log says was changed.")
        _check_structure(said)
    for text, key in keys:
        try:
            key.verify(data, minisign.Signature.from_bytes(logged.signature.encode()))
        except (minisign.Error, ValueError):
            continue
        return Entered(entry, logged, text)
    raise TransferError(f"Entry {entry.number} of the other desk's log is not signed by a key of that desk.")
