"""The tables, as the newest migration leaves them (tests/store/test_schema.py compares the two).

No table has a sequence, a time or an order of arrival; on SQLite only `chunk` has a rowid, which is its key. Sizes are
in bytes.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from portal.store.places import PLACE_BITS

SCHEMA_VERSION = "0001"

ID_SIZE = 32
"""Bytes of an item id and of a locator."""

REPLY_ID_SIZE = 16
"""Bytes of a reply's id."""

MONTH_SIZE = len("2000-01")
"""Characters of `expires_month`."""

# SQLite's strict tables know INTEGER only, which holds 64 bits there.
_Count = Integer().with_variant(BigInteger(), "postgresql")

metadata = MetaData()


def _table(name: str, *parts: Column[object] | CheckConstraint | Index, rowid: bool = False) -> Table:
    return Table(name, metadata, *parts, sqlite_with_rowid=rowid, sqlite_strict=True)


collected = _table(
    "collected",
    Column("desk", Text, primary_key=True),
    Column("pack_counter", _Count, nullable=False, server_default="0"),
    Column("day", Text),
    Column("bundle_counter", _Count, nullable=False, server_default="0"),
)
"""One row a desk: its last pack (0 and no day until the first one), and the last bundle that was exported to it."""

item = _table(
    "item",
    Column("id", LargeBinary, primary_key=True),
    Column("place", _Count, nullable=False, unique=True),
    Column("size", _Count, nullable=False),
    CheckConstraint(f"length(id) = {ID_SIZE}", name="item_id_size"),
    CheckConstraint(f"place BETWEEN 0 AND {2**PLACE_BITS - 1}", name="item_place_range"),
)
"""One sealed item, an age file of `size` bytes, whose chunks lie at `place`."""

chunk = _table(
    "chunk",
    Column("place", _Count, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    rowid=True,
)
"""The bytes of items, in pieces of CHUNK_SIZE; `portal.store.places` says where.

No chunk is without its item: they come in one transaction, and the item goes when no chunk of it is left.
"""

waiting = _table(
    "waiting",
    Column("item_id", LargeBinary, ForeignKey("item.id"), primary_key=True),
    Column("desk", Text, primary_key=True),
)
"""The desks that an item is sealed to and that have not acknowledged it."""

reply = _table(
    "reply",
    Column("id", LargeBinary, primary_key=True),
    Column("locator", LargeBinary, nullable=False),
    Column("expires_month", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    CheckConstraint(f"length(id) = {REPLY_ID_SIZE}", name="reply_id_size"),
    CheckConstraint(f"length(locator) = {ID_SIZE}", name="reply_locator_size"),
    CheckConstraint(f"length(expires_month) = {MONTH_SIZE}", name="reply_expires_month_size"),
    Index("reply_locator", "locator"),
)
"""One sealed answer, until its reporter deletes it or it expires."""

taken = _table(
    "taken",
    Column("desk", Text, primary_key=True),
    Column("reply_id", LargeBinary, primary_key=True),
    CheckConstraint(f"length(reply_id) = {REPLY_ID_SIZE}", name="taken_reply_id_size"),
)
"""The replies of a desk's last pack, so that the same reply in a later pack is not delivered again."""
