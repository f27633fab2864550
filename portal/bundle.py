"""What travels between portal and desk: an archive with a signed manifest (docs/format.md sections 9 to 11).

Pure: iterators in, iterators out. Rules kept here: nothing of an archive is believed before its manifest's
signature is checked; every member is checked against the manifest; names never become paths.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import minisign
import msgspec

from portal import archive, canonical, limits
from portal.age import HybridRecipient
from portal.errors import BundleError, told_as
from portal.kdf import sha256
from portal.receipt import word_list
from portal.report import Day, Hex16, Hex32, Name, Size

FINGERPRINT_WORDS = 8
Counter = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Reached = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""The largest counter that was met, 0 if there was none."""


class BundleItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sealed item of a bundle."""

    id: Hex32
    sha256: Hex32
    size: Size


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The manifest of a bundle."""

    format: Literal["portevoix/bundle/1"]
    direction: Literal["portal-to-desk"]
    site: Hex16
    desk: Name
    counter: Counter
    day: Day
    items: Annotated[list[BundleItem], msgspec.Meta(max_length=limits.BUNDLE_ITEMS)]
    taken: Annotated[list[Hex16], msgspec.Meta(max_length=limits.PACK_REPLIES)]
    confirmed: Reached


class Collected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The acknowledgement of one item; `sha256` is that of its age file."""

    id: Hex32
    sha256: Hex32


class PackReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sealed reply of a pack."""

    id: Hex16
    locator: Hex32
    sha256: Hex32
    size: Annotated[int, msgspec.Meta(ge=1, le=limits.SEALED_REPLY_BYTES)]


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The manifest of a pack."""

    format: Literal["portevoix/pack/1"]
    direction: Literal["desk-to-portal"]
    site: Hex16
    desk: Name
    counter: Counter
    collected: Annotated[list[Collected], msgspec.Meta(max_length=limits.PACK_COLLECTED)]
    replies: Annotated[list[PackReply], msgspec.Meta(max_length=limits.PACK_REPLIES)]
    confirmed: Reached = 0
    seen: Reached = 0


Manifest = Bundle | Pack
Kind = TypeVar("Kind", Bundle, Pack)
_MEMBER = {Bundle: "items/{}.age", Pack: "replies/{}.age"}
_WHAT = {Bundle: "bundle", Pack: "pack"}


def write(manifest: Manifest, key: minisign.SecretKey, contents: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """The archive, in pieces. `contents` are the age files in the order of the manifest, each in pieces.

    Raises FormatError if one of them is not as long as the manifest says.
    """
    data = canonical.dumps(manifest)
    comment = f"portevoix {_WHAT[type(manifest)]} {manifest.counter} {manifest.desk}"
    signature = bytes(key.sign(data, untrusted_comment="portevoix", trusted_comment=comment)) + b"\n"
    yield from archive.member("manifest.json", len(data), [data])
    yield from archive.member("manifest.json.minisig", len(signature), [signature])
    for entry, content in zip(_entries(manifest), contents, strict=True):
        yield from archive.member(_MEMBER[type(manifest)].format(entry.id), entry.size, content)
    yield bytes(archive.END_BYTES)


@dataclass(frozen=True)
class Unread:
    """The front of an archive whose signature nobody has checked yet."""

    data: bytes
    signature: bytes

    def verified(self, keys: Iterable[minisign.PublicKey]) -> minisign.PublicKey:
        """Which of `keys` signed the manifest. Raises BundleError if none did."""
        signature = self._parsed()
        for key in keys if signature is not None else ():
            try:
                key.verify(self.data, signature)
            except (minisign.Error, ValueError):
                continue
            return key
        raise BundleError("The manifest is not signed by a key that is known here: ask who made the file.")

    def _parsed(self) -> minisign.Signature | None:
        """The signature if it is prehashed and written as we write it; minisign also takes base64 with stray bits."""
        try:
            signature = minisign.Signature.from_bytes(self.signature)
        except (minisign.Error, ValueError):
            return None
        written = bytes(signature) == self.signature.removesuffix(b"\n")
        return signature if written and signature.is_prehashed() else None


class Reader:
    """Reads a bundle or a pack forwards, in constant memory.

    First `front`, whose signature the caller checks with `front.verified`; then `manifest(kind)`; then `members()`.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._archive = archive.Reader(pieces)
        self._members = iter(self._archive)
        self.front = Unread(
            self._expect("manifest.json", limits.MANIFEST_BYTES),
            self._expect("manifest.json.minisig", limits.SIGNATURE_BYTES),
        )

    def _expect(self, expected: str, limit: int) -> bytes:
        with told_as(BundleError):
            name, _ = next(self._members, ("", 0))
            if name == expected:
                return self._archive.read(limit)
        raise BundleError(f"The file has no {expected} where it must be: it is not a bundle or pack of Portevoix.")

    def manifest(self, kind: type[Kind]) -> Kind:
        """The manifest, read as `kind`. Raises BundleError."""
        manifest = canonical.loads(self.front.data, kind, "manifest.json", BundleError)
        lists = [[entry.id for entry in _entries(manifest)]]
        lists.append(manifest.taken if isinstance(manifest, Bundle) else [entry.id for entry in manifest.collected])
        if any(ids != sorted(set(ids)) for ids in lists):
            raise BundleError("manifest.json is not in order: it was not made by Portevoix.")
        return manifest

    def members(self, manifest: Manifest) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Each age file as (its place in the manifest's list, pieces).

        The pieces raise BundleError at their end if size or hash is not what the manifest says; they must be read
        to the end before the next. Raises BundleError when a member is missing, unexpected, or the file is cut short.
        """
        with told_as(BundleError):
            for place, entry in enumerate(_entries(manifest)):
                name, size = next(self._members, ("", 0))
                if (name, size) != (_MEMBER[type(manifest)].format(entry.id), entry.size):
                    raise BundleError("A member is not what the manifest says: copy the file again from where it came.")
                yield place, self._checked(entry.sha256)
            if next(self._members, None) is not None:
                raise BundleError("The file holds more than its manifest says.")
            if not self._archive.ends_exactly():
                raise BundleError("The file does not end as it must: copy it again from where it came.")

    def _checked(self, expected: str) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with told_as(BundleError):
            for piece in self._archive.content():
                digest.update(piece)
                yield piece
        if digest.hexdigest() != expected:
            raise BundleError("A member's SHA-256 is not what the manifest says: copy the file again.")


def _entries(manifest: Manifest) -> Sequence[BundleItem | PackReply]:
    return manifest.items if isinstance(manifest, Bundle) else manifest.replies


def key_bytes(key: minisign.PublicKey) -> bytes:
    """The 42 bytes of a minisign public key."""
    return base64.b64decode(key.to_base64())


def site(key: minisign.PublicKey) -> str:
    """Which portal this is, 32 hex digits (docs/format.md section 9)."""
    return sha256(b"portevoix/site/v1" + key_bytes(key))[:16].hex()


def fingerprint(key: minisign.PublicKey) -> list[str]:
    """Eight English words by which two people compare a key (docs/format.md section 11)."""
    return _words(sha256(b"portevoix/fingerprint/v1" + key_bytes(key)))


def recipient_fingerprint(recipient: HybridRecipient) -> list[str]:
    """The same for a recipient."""
    return _words(sha256(b"portevoix/fingerprint/recipient/v1" + bytes(recipient)))


def _words(digest: bytes) -> list[str]:
    bits = int.from_bytes(digest) >> (256 - 11 * FINGERPRINT_WORDS)
    words = word_list("english").words
    return [words[bits >> 11 * place & 2047] for place in reversed(range(FINGERPRINT_WORDS))]
