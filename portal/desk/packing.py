"""Make a pack: what this desk has stored, and its answers, for the portal (docs/format.md section 10).

Rules kept here: a counter is used up before its pack is written, so that no two packs share one; a pack repeats all
that no bundle has shown as done; where a backup place is set, a pack acknowledges only what a verified backup holds
(portal.desk.backing_up), so that no disk that dies takes with it what the portal has let go.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal import bundle, limits
from portal.bundle import Collected, Pack, PackReply
from portal.desk import backup_place
from portal.desk.casebook import Casebook
from portal.desk.folder import Part, check_free
from portal.desk.portals import Portal
from portal.desk.session import Desk


@dataclass(frozen=True)
class Packed:
    """What is in a pack, and how much had no room in it and goes with a later one."""

    counter: int
    collected: int
    replies: int
    left: int
    held: int = 0
    """Items that are not acknowledged because no backup holds them yet."""


_WAITING = "FROM arrivals WHERE portal = ?"
_SECURED = f"{_WAITING} AND backup IS NOT NULL"


def make_pack(desk: Desk, portal: Portal, out: Path) -> Packed:
    """Write the next pack for `portal` to the new file `out`. Raises DeskError if there is a file already."""
    check_free(out)
    with desk.casebook.transaction():
        chosen = _WAITING if backup_place.place(desk.casebook) is None else _SECURED
        manifest = _next(desk, portal, chosen)
        left = _mark(desk.casebook, portal, manifest, chosen)
        held = _count(desk.casebook, portal, _WAITING) - _count(desk.casebook, portal, chosen)
        desk.record("packed", portal=portal.name, counter=manifest.counter, items=len(manifest.collected))
    contents = ([_sealed(desk.casebook, bytes.fromhex(reply.id))] for reply in manifest.replies)
    with Part(out.parent) as part:
        for piece in bundle.write(manifest, desk.keyring.signing_key, contents):
            part.write(piece)
        part.become_new(out)
    return Packed(manifest.counter, len(manifest.collected), len(manifest.replies), left, held)


def _next(desk: Desk, portal: Portal, chosen: str) -> Pack:
    casebook = desk.casebook
    arrivals = casebook.all(f"SELECT item, sha256 {chosen} ORDER BY rowid LIMIT ?", portal.id, limits.PACK_COLLECTED)
    return Pack(
        format="portevoix/pack/1",
        direction="desk-to-portal",
        site=bundle.site(portal.key),
        desk=desk.name,
        # A casebook that was put back from a backup may have forgotten packs that the portal has taken.
        counter=max(portal.pack, portal.confirmed) + 1,
        confirmed=portal.confirmed,
        seen=portal.seen,
        collected=[Collected(item.hex(), sha256.hex()) for item, sha256 in sorted(arrivals)],
        replies=sorted(_replies(casebook, portal), key=lambda reply: reply.id),
    )


def _replies(casebook: Casebook, portal: Portal) -> Iterator[PackReply]:
    rows = casebook.all(
        "SELECT replies.id, locator FROM replies JOIN cases ON cases.id = case_id"
        " WHERE portal = ? AND sealed IS NOT NULL ORDER BY replies.rowid LIMIT ?",
        *(portal.id, limits.PACK_REPLIES),
    )
    for reply, locator in rows:
        sealed = _sealed(casebook, reply)
        yield PackReply(reply.hex(), locator.hex(), hashlib.sha256(sealed).hexdigest(), len(sealed))


def _sealed(casebook: Casebook, reply: bytes) -> bytes:
    (sealed,) = casebook.one("SELECT sealed FROM replies WHERE id = ?", reply)
    return bytes(sealed)


def _count(casebook: Casebook, portal: Portal, chosen: str) -> int:
    return int(casebook.one(f"SELECT count(*) {chosen}", portal.id)[0])


def _mark(casebook: Casebook, portal: Portal, manifest: Pack, chosen: str) -> int:
    """Use up the counter and note what goes with it; how much is left for later packs."""
    casebook.run("UPDATE portals SET pack = ? WHERE id = ?", manifest.counter, portal.id)
    for entry in manifest.collected:
        casebook.run(
            "UPDATE arrivals SET pack = coalesce(pack, ?) WHERE portal = ? AND item = ?",
            *(manifest.counter, portal.id, bytes.fromhex(entry.id)),
        )
    for reply in manifest.replies:
        casebook.run(
            "UPDATE replies SET pack = coalesce(pack, ?) WHERE id = ?", manifest.counter, bytes.fromhex(reply.id)
        )
    arrivals = _count(casebook, portal, f"{chosen} AND pack IS NULL")
    (replies,) = casebook.one(
        "SELECT count(*) FROM replies JOIN cases ON cases.id = case_id"
        " WHERE portal = ? AND sealed IS NOT NULL AND pack IS NULL",
        portal.id,
    )
    return arrivals + int(replies)
