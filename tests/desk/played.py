"""Plays the reporter and the portal for the desk's tests, with the real core modules and without Argon2."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import minisign
import msgspec

from portal import archive, bundle, canonical, parcel, report
from portal.age import HybridRecipient, encrypt
from portal.desk.casebook import Casebook
from portal.receipt import ThreadKeys
from portal.report import Attachment, Draft

DAY = "2026-11-25"
WEBSITE = {"urls": ["http://bad.example/a"], "content_kind": ["film"]}
TRAVEL = {"immediate_danger": "yes", "country": "TH", "city": "Pattaya"}


TABLES = ("portals", "cases", "messages", "replies", "arrivals", "quarantine")


def contents(casebook: Casebook) -> dict[str, list[Any]]:
    """All rows of a casebook."""
    return {table: casebook.all(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}


def reporter() -> ThreadKeys:
    """The keys of a new thread; a receipt would become such."""
    return ThreadKeys(os.urandom(32), os.urandom(32), os.urandom(32))


@dataclass(frozen=True)
class Item:
    """A sealed item as a portal stores it."""

    id: str
    sealed: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sealed).hexdigest()


def draft(
    narrative: str = "What happened.",
    *,
    channel: str = "website",
    answers: dict[str, Any] | None = None,
    files: Sequence[bytes] = (),
    kind: Literal["report", "message"] = "report",
    version: int = 1,
    name: str = "photo.jpg",
) -> Draft:
    described = [Attachment(name, "image/jpeg", len(f), hashlib.sha256(f).hexdigest()) for f in files]
    known: dict[str, dict[str, Any]] = {"website": WEBSITE, "travel": TRAVEL}
    said = known.get(channel, {}) if answers is None and kind == "report" else answers or {}
    return Draft(kind, channel, version, "en", said, narrative, [], described)


def report_json(keys: ThreadKeys, said: Draft, received: str = DAY, **changes: Any) -> bytes:
    """report.json, with members changed as a liar would."""
    identifier = report.item_id(said, keys, bytes(16))
    value = msgspec.json.decode(report.complete(said, keys, identifier, received))
    return canonical.dumps(value | changes)


def seal(
    recipients: Sequence[HybridRecipient],
    keys: ThreadKeys,
    said: Draft,
    files: Sequence[bytes] = (),
    received: str = DAY,
) -> Item:
    """What a portal stores of an honest report."""
    body = report_json(keys, said, received)
    return sealed_item(recipients, body, report.sign(body, keys), files)


def sealed_item(
    recipients: Sequence[HybridRecipient], body: bytes, signature: bytes, files: Sequence[bytes] = ()
) -> Item:
    """An item with any report.json and signature, under the id that it says."""
    contents = [parcel.Content(len(file), [file]) for file in files]
    archived = parcel.pack(body, signature, report.as_text("A report", []), contents)
    return Item(said_id(body), b"".join(encrypt(recipients, archived)))


def said_id(body: bytes) -> str:
    """The id that a report.json says, however wrong the rest may be."""
    return body.split(b'"id":"')[1][:64].decode()


def sealed_archive(recipients: Sequence[HybridRecipient], identifier: str, content: bytes) -> Item:
    """An item that holds anything at all."""
    return Item(identifier, b"".join(encrypt(recipients, [content])))


@dataclass
class PlayedPortal:
    """One portal with its key, and what waits there for one desk."""

    recipients: Sequence[HybridRecipient]
    folder: Path
    desk: str = "police"
    keys: minisign.KeyPair = field(default_factory=minisign.KeyPair.generate)
    waiting: dict[str, Item] = field(default_factory=dict)
    counter: int = 0
    taken: list[str] = field(default_factory=list)
    confirmed: int = 0

    @property
    def key_file(self) -> Path:
        path = self.folder / "portal.pub"
        path.write_bytes(bytes(self.keys.public_key) + b"\n")
        return path

    def file(
        self, said: Draft, keys: ThreadKeys | None = None, files: Sequence[bytes] = (), received: str = DAY
    ) -> Item:
        """Take a report in; the item that waits now."""
        return self.put(seal(self.recipients, keys or reporter(), said, files, received))

    def put(self, item: Item) -> Item:
        self.waiting[item.id] = item
        return item

    def manifest(self, waiting: Iterable[Item], **changes: Any) -> dict[str, Any]:
        return {
            "format": "portevoix/bundle/1",
            "direction": "portal-to-desk",
            "site": bundle.site(self.keys.public_key),
            "desk": self.desk,
            "counter": self.counter,
            "day": DAY,
            "items": [{"id": item.id, "sha256": item.sha256, "size": len(item.sealed)} for item in waiting],
            "taken": sorted(self.taken),
            "confirmed": self.confirmed,
        } | changes

    def export(self, **changes: Any) -> Path:
        """Write the next bundle, of what waits; `changes` go into its manifest."""
        self.counter += 1
        chosen = sorted(self.waiting.values(), key=lambda item: item.id)
        data = canonical.dumps(self.manifest(chosen, **changes))
        path = self.folder / f"bundle-{self.counter}.tar"
        path.write_bytes(self.archived(data, bytes(self.keys.secret_key.sign(data)) + b"\n", chosen))
        return path

    @staticmethod
    def archived(data: bytes, signature: bytes, items: Iterable[Item]) -> bytes:
        members = [("manifest.json", data), ("manifest.json.minisig", signature)]
        members += [(f"items/{item.id}.age", item.sealed) for item in items]
        pieces = [piece for name, content in members for piece in archive.member(name, len(content), [content])]
        return b"".join(pieces) + bytes(archive.END_BYTES)

    def take(self, path: Path, verify_key: minisign.PublicKey) -> tuple[bundle.Pack, dict[str, bytes]]:
        """Take a pack as a portal does: its manifest, and the sealed replies by their ids."""
        reader = bundle.Reader([path.read_bytes()])
        reader.front.verified([verify_key])
        pack = reader.manifest(bundle.Pack)
        replies = {pack.replies[place].id: b"".join(pieces) for place, pieces in reader.members(pack)}
        assert pack.site == bundle.site(self.keys.public_key)
        if pack.counter > self.confirmed:
            for entry in pack.collected:
                if entry.id in self.waiting and self.waiting[entry.id].sha256 == entry.sha256:
                    del self.waiting[entry.id]
            self.taken, self.confirmed = sorted(replies), pack.counter
        return pack, replies
