"""The portal's half of the exchange with a desk: write a bundle, take a pack (docs/format.md sections 9 and 10).

Rules kept here: an item leaves only by the signed pack of a desk that holds it; an import is safe to repeat.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import minisign

from portal import bundle, limits
from portal.errors import BundleError
from portal.store import NewReply, PackResult, Store


def export(store: Store, key: minisign.SecretKey, desk: str, today: date) -> tuple[bundle.Bundle, Iterator[bytes]]:
    """The manifest and the bytes of a bundle with all that waits for `desk`, at most 10,000 items.

    Raises StoreError, also when a pack of the same desk comes in meanwhile: then export again.
    """
    waiting = store.waiting(desk, limits.BUNDLE_ITEMS)
    items = []
    for item in waiting:
        digest = hashlib.sha256()
        for piece in store.read_item(item.id):
            digest.update(piece)
        items.append(bundle.BundleItem(item.id.hex(), digest.hexdigest(), item.size))
    manifest = bundle.Bundle(
        format="portevoix/bundle/1",
        direction="portal-to-desk",
        site=bundle.site(key.get_public_key()),
        desk=desk,
        counter=store.next_bundle_counter(desk),
        day=today.isoformat(),
        items=items,
        taken=sorted(reply.hex() for reply in store.taken(desk)),
        confirmed=store.confirmed_pack(desk),
    )
    return manifest, bundle.write(manifest, key, (store.read_item(item.id) for item in waiting))


@dataclass(frozen=True)
class Taken:
    """What an import did."""

    manifest: bundle.Pack
    result: PackResult


def take(
    store: Store, site: str, keys: Mapping[str, minisign.PublicKey], today: date, pieces: Iterable[bytes]
) -> Taken:
    """Take a pack, whole or not at all. `keys` are the desks' minisign keys by name.

    Raises BundleError, WentBack if this portal has forgotten a pack that it took once, StoreError.

    Answers expire as from the newest day that the portal knows, so that a clock that is behind takes none away early.
    """
    reader = bundle.Reader(pieces)
    if b'"direction":"portal-to-desk"' in reader.front.data:
        raise BundleError("This is a bundle, which a portal made for a desk: import the pack that the desk made.")
    signer = reader.front.verified(keys.values())
    manifest = reader.manifest(bundle.Pack)
    if manifest.site != site:
        raise BundleError("This pack is for another portal: take it there.")
    if manifest.desk not in keys or keys[manifest.desk] != signer:
        raise BundleError("This pack is signed by another desk than it names: ask who made it.")
    replies = []
    for place, content in reader.members(manifest):
        entry = manifest.replies[place]
        replies.append(NewReply(bytes.fromhex(entry.id), bytes.fromhex(entry.locator), b"".join(content)))
    result = store.apply_pack(
        manifest.desk,
        manifest.counter,
        today.isoformat(),
        [(bytes.fromhex(entry.id), bytes.fromhex(entry.sha256)) for entry in manifest.collected],
        replies,
        month_after(max([today, *store.collected().values()]), limits.REPLY_MONTHS),
        confirmed=manifest.confirmed,
        seen=manifest.seen,
    )
    return Taken(manifest, result)


def month_after(day: date, months: int) -> str:
    """The month `months` after that of `day`, as YYYY-MM."""
    number = day.year * 12 + day.month - 1 + months
    return f"{number // 12:04}-{number % 12 + 1:02}"
