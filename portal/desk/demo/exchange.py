"""The portal's half of a demonstration: it seals what is reported, writes bundles, and takes packs.

In memory, but for the bundles, which hold sealed items only.
"""

import hashlib
from datetime import date
from pathlib import Path

import minisign

from portal import bundle, parcel, report
from portal.age import HybridRecipient, encrypt
from portal.bundle import Bundle, BundleItem, Pack
from portal.desk.demo.filings import Filing
from portal.desk.folder import pieces

NAME = "demo"
_NONCE = bytes(16)


class DemoPortal:
    """A portal that knows one desk. `folder` is where its bundles lie until they are imported."""

    def __init__(self, recipient: HybridRecipient, desk: str, folder: Path) -> None:
        keys = minisign.KeyPair.generate()
        self.key: minisign.PublicKey = keys.public_key
        self._secret = keys.secret_key
        self._recipient = recipient
        self._desk = desk
        self._bundle = folder / "bundle.tar"
        self._waiting: dict[str, bytes] = {}
        self._counter = 0
        self._confirmed = 0
        self._taken: list[str] = []

    @property
    def waits(self) -> int:
        """How many items wait for the desk."""
        return len(self._waiting)

    def file(self, filing: Filing) -> None:
        """Take a report or a follow-up in, as `portal.intake` does: sealed with its reporter's signature."""
        keys = filing.keys
        identifier = report.item_id(filing.draft, keys, _NONCE)
        body = report.complete(filing.draft, keys, identifier, filing.day.isoformat())
        contents = [parcel.Content(len(data), [data]) for data in filing.files]
        text = report.as_text("A demonstration, not a real report", [], filing.draft.attachments)
        packed = parcel.pack(body, report.sign(body, keys), text, contents)
        self._waiting[identifier.hex()] = b"".join(encrypt([self._recipient], packed))

    def export(self, day: date) -> Path:
        """Write the next bundle with all that waits, in place of the one before."""
        self._counter += 1
        items = sorted(self._waiting.items())
        manifest = Bundle(
            format="portevoix/bundle/1",
            direction="portal-to-desk",
            site=bundle.site(self.key),
            desk=self._desk,
            counter=self._counter,
            day=day.isoformat(),
            items=[BundleItem(key, hashlib.sha256(data).hexdigest(), len(data)) for key, data in items],
            taken=self._taken,
            confirmed=self._confirmed,
        )
        with self._bundle.open("wb") as file:
            for piece in bundle.write(manifest, self._secret, ([data] for _, data in items)):
                file.write(piece)
        return self._bundle

    def take(self, path: Path, desk_key: minisign.PublicKey) -> None:
        """Take a pack: what it acknowledges is gone here, what it answers is confirmed with the next bundle."""
        reader = bundle.Reader(pieces(path))
        reader.front.verified([desk_key])
        manifest = reader.manifest(Pack)
        for _, content in reader.members(manifest):
            for _ in content:
                pass
        for collected in manifest.collected:
            self._waiting.pop(collected.id, None)
        self._confirmed = manifest.counter
        self._taken = [reply.id for reply in manifest.replies]
