"""What a desk's pack does to the store.

A pack is much work in small transactions, so that nobody waits long for the write lock, and so that a full disk can
still be emptied: SQLite overwrites what is deleted with zeros, and its journal holds the same bytes until the commit.

A database that was put back from an old copy may have forgotten packs. Then the desk has struck off what they carried,
and a newer pack would hide for ever that it is gone: none is taken until the desk has seen a bundle.

1. The desk's `waiting` rows of the acknowledged items go. An item that nobody waits for does not count any more.
2. Such items are swept away, some chunks at a time.
3. The replies are delivered, and the pack's counter and day are noted, in one transaction.

Killed between any two transactions, the pack is simply applied again: it is new until its counter is noted.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from portal.errors import StoreError, WentBack
from portal.limits import MIB
from portal.store.backend import Backend
from portal.store.places import CHUNKS_MAX, chunk_place
from portal.store.schema import chunk, collected, item, reply, taken, waiting

READ_BYTES = 64 * MIB
"""Bytes of items that are hashed in one transaction; a single item may be longer."""

SWEEP_BYTES = 16 * MIB
"""Bytes that are deleted in one transaction: the room that must be free for a pack to make more."""

BATCH_ROWS = 500
"""Items that are acknowledged, or chunks that are deleted, in one transaction, however small."""

COUNTER_MAX = 2**63 - 1
"""The largest counter that the databases hold."""

Transaction = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction that writes."""


@dataclass(frozen=True)
class NewReply:
    """A reply as it comes in a pack: id 16 bytes, locator 32 bytes, and the age file."""

    id: bytes
    locator: bytes
    sealed: bytes


@dataclass(frozen=True)
class PackResult:
    """What a pack did; every number counts this call only.

    `applied` is False if the desk's last pack had this counter or a larger one. `acknowledged` items no longer wait for
    this desk; `deleted` of them waited for no other and are gone. `mismatched` items have other bytes than the desk
    says and stay; `unknown` ids do not wait for this desk: acknowledged before, or invented.
    Of the replies, `stored` are new and `known` were delivered before.
    """

    applied: bool
    acknowledged: int = 0
    deleted: int = 0
    mismatched: int = 0
    unknown: int = 0
    stored: int = 0
    known: int = 0


def check_counter(counter: int) -> None:
    """Raises StoreError for a counter that no database holds."""
    if not 1 <= counter <= COUNTER_MAX:
        raise StoreError("The pack's counter is out of range: it was not made by `desk pack`.")


@dataclass(frozen=True)
class Application:
    """The application of one pack."""

    backend: Backend
    write: Transaction
    desk: str
    counter: int

    def run(
        self, day: str, claims: Mapping[bytes, set[bytes]], replies: Iterable[NewReply], expires_month: str
    ) -> PackResult:
        """See `Store.apply_pack`; `claims` are the SHA-256 that the desk gives, by item id."""
        counts = {"acknowledged": 0, "deleted": 0, "mismatched": 0, "unknown": 0}
        ids = iter(sorted(claims))
        more = True
        while more:
            with self.write() as connection:
                if not self._is_new(connection):
                    return PackResult(applied=False)
                more = self._acknowledge_some(connection, ids, claims, counts)
        sweep(self.write)
        with self.write() as connection:
            if not self._is_new(connection):
                return PackResult(applied=False)
            stored, known = self._deliver(connection, replies, expires_month)
            values = {"pack_counter": self.counter, "day": day}
            connection.execute(update(collected).where(collected.c.desk == self.desk).values(values))
        return PackResult(applied=True, **counts, stored=stored, known=known)

    def check_nothing_is_forgotten(self, confirmed: int, seen: int) -> None:
        """Raises WentBack if the database does not know pack `confirmed`; the next bundle counts beyond `seen` then."""
        with self.write() as connection:
            if self._last(connection) >= confirmed:
                return
            mine = and_(collected.c.desk == self.desk, collected.c.bundle_counter < seen)
            connection.execute(update(collected).where(mine).values(bundle_counter=seen))
        raise WentBack(
            f"This portal took pack {confirmed} of {self.desk} once and knows nothing of it: it was put back from a "
            "backup or an old copy of its machine. Nothing was taken: export a bundle for the desk, which then gives "
            "again what is missing here."
        )

    def _is_new(self, connection: Connection) -> bool:
        """Whether this pack is newer than the desk's last one."""
        return self._last(connection) < self.counter

    def _last(self, connection: Connection) -> int:
        """The counter of the desk's last pack; holds the desk's row against another pack of it."""
        connection.execute(self.backend.insert(collected).values(desk=self.desk).on_conflict_do_nothing())
        query = select(collected.c.pack_counter).where(collected.c.desk == self.desk).with_for_update()
        last: int = connection.execute(query).scalar_one()
        return last

    def _acknowledge_some(
        self, connection: Connection, ids: Iterator[bytes], claims: Mapping[bytes, set[bytes]], counts: dict[str, int]
    ) -> bool:
        """Handles items until a limit of one transaction is reached; False when there are no more ids."""
        read = 0
        for number, item_id in enumerate(ids, 1):
            # Holding the item keeps two desks' packs from each seeing the other's row, and leaving the item to nobody.
            query = select(item.c.place, item.c.size).where(item.c.id == item_id).with_for_update()
            found = connection.execute(query).one_or_none()
            desks = connection.scalars(select(waiting.c.desk).where(waiting.c.item_id == item_id)).all()
            if found is None or self.desk not in desks:
                counts["unknown"] += 1
                continue
            read += found.size
            if _sha256(connection, found.place) in claims[item_id]:
                mine = and_(waiting.c.item_id == item_id, waiting.c.desk == self.desk)
                connection.execute(delete(waiting).where(mine))
                counts["acknowledged"] += 1
                counts["deleted"] += len(desks) == 1
            else:
                counts["mismatched"] += 1
            if read >= READ_BYTES or number >= BATCH_ROWS:
                return True
        return False

    def _deliver(self, connection: Connection, replies: Iterable[NewReply], expires_month: str) -> tuple[int, int]:
        """Stores the replies that were not delivered before; how many these are, and how many the others."""
        before = set(connection.scalars(select(taken.c.reply_id).where(taken.c.desk == self.desk)))
        in_pack = set()
        stored = known = 0
        for new in replies:
            added = None
            if new.id not in before and new.id not in in_pack:
                values = {"id": new.id, "locator": new.locator, "expires_month": expires_month, "sealed": new.sealed}
                row = self.backend.insert(reply).values(values).on_conflict_do_nothing()
                added = connection.scalar(row.returning(reply.c.id))
            stored += added is not None
            known += added is None
            in_pack.add(new.id)
        for reply_id in sorted(before - in_pack):
            connection.execute(delete(taken).where(taken.c.desk == self.desk, taken.c.reply_id == reply_id))
        for reply_id in sorted(in_pack - before):
            connection.execute(taken.insert().values(desk=self.desk, reply_id=reply_id))
        return stored, known


def sweep(write: Transaction) -> None:
    """Deletes the items that nobody waits for."""
    # Holding the items first keeps to the order of tables in which `tend` locks them.
    orphans = select(item.c.place).where(~exists().where(waiting.c.item_id == item.c.id)).order_by(item.c.id)
    orphans = orphans.limit(BATCH_ROWS).with_for_update(of=item)
    more = True
    while more:
        with write() as connection:
            places = connection.scalars(orphans).all()
            empty = _delete_chunks(connection, places)
            connection.execute(delete(item).where(item.c.place.in_(empty)))
            more = bool(places)


def _delete_chunks(connection: Connection, places: Sequence[int]) -> Sequence[int]:
    """Deletes chunks of the items at these places until a limit is reached; those of the items that have none left."""
    deleted = rows = 0
    for count, place in enumerate(places):
        mine = chunk.c.place.between(chunk_place(place, 0), chunk_place(place, CHUNKS_MAX - 1))
        query = select(chunk.c.place, func.length(chunk.c.data)).where(mine).order_by(chunk.c.place)
        for one, size in connection.execute(query.limit(BATCH_ROWS + 1)).all():
            if deleted >= SWEEP_BYTES or rows >= BATCH_ROWS:
                return places[:count]
            connection.execute(delete(chunk).where(chunk.c.place == one))
            deleted += size
            rows += 1
    return places


def _sha256(connection: Connection, place: int) -> bytes:
    digest = hashlib.sha256()
    for number in range(CHUNKS_MAX):
        data = connection.scalar(select(chunk.c.data).where(chunk.c.place == chunk_place(place, number)))
        if data is None:
            break
        digest.update(data)
    return digest.digest()
