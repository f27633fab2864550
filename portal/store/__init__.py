"""The store: ciphertext and opaque ids, on SQLite or PostgreSQL (design section 6).

The rules that it keeps:

- It knows no reporter, no time and no order. A row is an id or a place that looks random, ciphertext, a size, a desk's
  name, a desk's own acts with their day, and the month in which a reply expires.
- An item is stored once, whole, and is durable when `add_item` returns. It leaves only by a desk's pack that gives the
  right SHA-256, with the last desk that it waits for.
- Transactions are short: none is open while a client sends, and none outlasts one chunk while an item is read.
- The order in which the rows came shows in the files until `tend` rewrites them; what was deleted is overwritten
  (SQLite) or gone with the old files (PostgreSQL, from `tend` on).
- An error says one sentence, without SQL, values or the database URL.
"""

from portal.store.locking import lock_state
from portal.store.packs import NewReply, PackResult
from portal.store.places import CHUNK_SIZE
from portal.store.sqlite import sqlite_url
from portal.store.store import Store, StoredReply, TendResult, WaitingItem

__all__ = [
    "CHUNK_SIZE",
    "NewReply",
    "PackResult",
    "Store",
    "StoredReply",
    "TendResult",
    "WaitingItem",
    "lock_state",
    "sqlite_url",
]
