"""What is left of a purged case: enough that a later follow-up arrives as one to a closed case, and nothing more.

A tombstone holds the name of the case, its status, the hash of its last referral's manifest, and an HMAC of its
thread's locator; of its items, HMACs of the ids under which they travelled. The key of these HMACs is kept in the
casebook rather than derived from the casebook's key: that key changes when a person leaves, and what was purged could
not be hashed anew. Both lie behind the same SQLCipher key.

For importing and storing (portal.desk.importing, arriving, cases):
- `is_gone(casebook, item)` before anything is done with an item: it is acknowledged, and not stored.
- `follow(casebook, case_id, locator)` when a new case was opened: it is marked as belonging to a purged one.
- `last_number(casebook, year)` when a new case is named: names are never given twice.

Functions here read and write the casebook; a change belongs into a transaction of the caller.
"""

import hmac
from dataclasses import dataclass

from portal.desk.casebook import Casebook

_THREAD, _ITEM = b"portevoix/tombstone/thread/1", b"portevoix/tombstone/item/1"


@dataclass(frozen=True)
class Tombstone:
    """A purged case; `manifest` is the SHA-256 of its last referral's manifest (32 bytes), if it was referred."""

    name: str
    status: str
    manifest: bytes | None
    day: str


def find(casebook: Casebook, locator: bytes) -> Tombstone | None:
    """The last purged case of the thread with this locator (32 bytes)."""
    row = casebook.one(
        "SELECT name, status, manifest, day FROM tombstones WHERE thread = ? ORDER BY year DESC, number DESC LIMIT 1",
        _keyed(casebook, _THREAD, locator),
    )
    return Tombstone(*row) if row else None


def is_gone(casebook: Casebook, item: bytes) -> bool:
    """Whether the item that travelled under this id (32 bytes) was purged."""
    return bool(casebook.one("SELECT 1 FROM gone_items WHERE item = ?", _keyed(casebook, _ITEM, item)))


def follow(casebook: Casebook, case_id: int, locator: bytes) -> Tombstone | None:
    """If a new case goes on with the thread of a purged one, give it that one's status and remember its name."""
    tombstone = find(casebook, locator)
    if tombstone is not None:
        casebook.run("UPDATE cases SET status = ?, earlier = ? WHERE id = ?", tombstone.status, tombstone.name, case_id)
    return tombstone


def last_number(casebook: Casebook, year: int) -> int:
    """The highest number that a purged case of this year had, or 0."""
    return int(casebook.one("SELECT coalesce(max(number), 0) FROM tombstones WHERE year = ?", year)[0])


def earlier(casebook: Casebook, case_id: int) -> Tombstone | None:
    """The purged case that a case goes on with."""
    row = casebook.one(
        "SELECT t.name, t.status, manifest, day FROM tombstones t JOIN cases ON earlier = t.name WHERE id = ?", case_id
    )
    return Tombstone(*row) if row else None


def bury(casebook: Casebook, case_id: int, day: str) -> None:
    """Leave a tombstone of a case, before its rows are deleted on this `day`."""
    name, year, number, locator, status = casebook.one(
        "SELECT name, year, number, locator, status FROM cases WHERE id = ?", case_id
    )
    last = casebook.one("SELECT sha256 FROM referrals WHERE case_id = ? ORDER BY number DESC LIMIT 1", case_id)
    casebook.run(
        "INSERT INTO tombstones (name, year, number, thread, status, manifest, day) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(name, year, number, _keyed(casebook, _THREAD, locator), status, last[0] if last else None, day),
    )
    for (item,) in casebook.all("SELECT item FROM messages WHERE case_id = ?", case_id):
        casebook.run("INSERT OR IGNORE INTO gone_items (item) VALUES (?)", _keyed(casebook, _ITEM, item))


def _keyed(casebook: Casebook, purpose: bytes, value: bytes) -> bytes:
    (key,) = casebook.one("SELECT key FROM tombstone_key")
    return hmac.digest(key, purpose + value, "sha256")
