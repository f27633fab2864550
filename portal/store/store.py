"""The class `Store`; the rules that it keeps stand in `portal.store`."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, column, delete, func, select, table

from portal.errors import StoreError
from portal.store import packs
from portal.store.backend import Backend, parse_url
from portal.store.copies import Copies
from portal.store.failures import translated
from portal.store.packs import NewReply, PackResult
from portal.store.places import CHUNK_SIZE, ITEM_SIZE_MAX, chunk_place, cut, item_place
from portal.store.schema import SCHEMA_VERSION, chunk, collected, item, reply, taken, waiting

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_GONE = "The item is no longer in the database: its desks have acknowledged it."
_VERSION = table("alembic_version", column("version_num"))


@dataclass(frozen=True)
class WaitingItem:
    """An item that a desk has not acknowledged: its id (32 bytes) and its size in bytes."""

    id: bytes
    size: int


@dataclass(frozen=True)
class StoredReply:
    """A reply: its id (16 bytes), the month after which it is deleted ("YYYY-MM"), and the age file."""

    id: bytes
    expires_month: str
    sealed: bytes


@dataclass(frozen=True)
class TendResult:
    """How many replies had expired; `rewritten` is False if the time did not suffice for the rewrite."""

    replies_deleted: int
    rewritten: bool


class Store:
    """Ciphertext and opaque ids in a database, for many threads; nothing connects before it is used.

    Every method raises StoreUnavailable if the database does not answer or is busy for too long, StoreFull if there is
    no room, and StoreError for anything else that the database refuses; then nothing was changed.
    """

    def __init__(self, url: str) -> None:
        """`url`: `sqlite_url(path)` or postgresql+psycopg://…. Raises StoreError if it is neither."""
        self._backend = _backend(url)

    def create(self) -> None:
        """Makes the database file if it is not there (mode 0600), and all tables; one that is there is upgraded."""
        with translated():
            self._backend.create()
        self.migrate()

    def migrate(self) -> None:
        """Upgrades the tables to what this version of the portal needs, in one transaction."""
        from portal import migrations  # Alembic is slow to load, and only `portal init` needs it.

        with self._write() as connection:
            migrations.upgrade(connection)

    def schema_version(self) -> str | None:
        """The version of the tables. Raises StoreError if there are none."""
        with self._read() as connection:
            return connection.scalar(select(_VERSION.c.version_num))

    def check_schema(self) -> None:
        """Raises StoreError if the tables are missing or are those of another version."""
        found = self.schema_version()
        if found != SCHEMA_VERSION:
            raise StoreError(
                f"The tables have version {found}, this portal needs {SCHEMA_VERSION}: run `portal init` with the "
                "newer of the two programs."
            )

    def ping(self) -> None:
        """Asks the database for an answer."""
        self.check_schema()

    def server_settings(self) -> dict[str, str]:
        """The settings of the database server by name, as they hold for the portal; nothing on SQLite."""
        with translated():
            return self._backend.server_settings()

    def server_rights(self) -> dict[str, bool]:
        """The rights on the database server that `tend` makes use of, by name, and whether the portal has them."""
        with translated():
            return self._backend.server_rights()

    def close(self) -> None:
        """Lets go of all connections."""
        with translated():
            self._backend.close()

    def contains(self, item_id: bytes) -> bool:
        """Whether the item with this id (32 bytes) is stored."""
        with self._read() as connection:
            return connection.scalar(select(item.c.size).where(item.c.id == item_id)) is not None

    def add_item(self, item_id: bytes, desks: Sequence[str], size: int, blocks: Iterable[bytes]) -> bool:
        """Stores the age file in `blocks`, `size` bytes together, for `desks`; durable when this returns.

        `item_id`: 32 bytes. The blocks may have any sizes; one transaction is open while they are read, so they must be
        ready. True if it was stored now, False if it was there: then no block is read, and nothing changes. Raises
        ValueError without desks or for a size above ITEM_SIZE_MAX, StoreError if the blocks are not `size` bytes, and
        passes on what `blocks` raises.
        """
        if not desks:
            raise ValueError("An item needs at least one desk.")
        if size > ITEM_SIZE_MAX:
            raise ValueError("An item has at most 64 GiB.")
        with self._write() as connection:
            place = self._add_row(connection, item_id, size)
            if place is None:
                return False
            left, add_chunk = size, chunk.insert()
            for number, data in enumerate(cut(blocks)):
                left -= len(data)
                if left < 0:
                    break
                connection.execute(add_chunk, {"place": chunk_place(place, number), "data": data})
            if left:
                raise StoreError(f"The item did not come with {size} bytes: nothing was stored, send it again.")
            connection.execute(waiting.insert(), [{"item_id": item_id, "desk": desk} for desk in sorted(set(desks))])
        return True

    def waiting(self, desk: str, most: int | None = None) -> list[WaitingItem]:
        """What waits for a desk, in the order of ids: all of it, or the first `most`."""
        query = select(item.c.id, item.c.size).join(waiting).where(waiting.c.desk == desk).order_by(item.c.id)
        with self._read() as connection:
            return [WaitingItem(*row) for row in connection.execute(query.limit(most))]

    def waiting_count(self, desk: str) -> int:
        """How many items wait for a desk."""
        with self._read() as connection:
            return connection.scalar(select(func.count()).select_from(waiting).where(waiting.c.desk == desk)) or 0

    def read_item(self, item_id: bytes) -> Iterator[bytes]:
        """The bytes of an item, in pieces of CHUNK_SIZE, each read by itself: no transaction outlasts a piece.

        Raises StoreError if there is no such item, or if a desk's pack removes it meanwhile.
        """
        with self._read() as connection:
            found = connection.execute(select(item.c.place, item.c.size).where(item.c.id == item_id)).one_or_none()
        if found is None:
            raise StoreError(_GONE)
        for number in range(-(-found.size // CHUNK_SIZE)):
            with self._read() as connection:
                query = select(chunk.c.data).where(chunk.c.place == chunk_place(found.place, number))
                data = connection.scalar(query)
            if data is None:
                raise StoreError(_GONE)
            yield data

    def replies(self, locator: bytes) -> list[StoredReply]:
        """The replies under a locator (32 bytes), in the order of ids."""
        query = select(reply.c.id, reply.c.expires_month, reply.c.sealed).where(reply.c.locator == locator)
        with self._read() as connection:
            return [StoredReply(*row) for row in connection.execute(query.order_by(reply.c.id))]

    def delete_replies(self, locator: bytes, ids: Sequence[bytes]) -> int:
        """Deletes those of the replies under `locator` that `ids` names; how many there were."""
        with self._write() as connection:
            return sum(
                connection.execute(delete(reply).where(reply.c.id == one, reply.c.locator == locator)).rowcount
                for one in sorted(set(ids))
            )

    def apply_pack(
        self,
        desk: str,
        counter: int,
        day: str,
        collected: Sequence[tuple[bytes, bytes]],
        replies: Iterable[NewReply],
        expires_month: str,
        *,
        confirmed: int = 0,
        seen: int = 0,
    ) -> PackResult:
        """Applies a pack whose signature the caller has checked; safe to repeat, also after it was killed half-way.

        `collected`: (item id, SHA-256 of the age file), 32 bytes each; the items are handled in the order of ids, in
        several short transactions. `replies` are read once, one at a time; all of them go in, with the desk's `counter`
        and `day` (ISO date), in the last transaction, or none. They expire after `expires_month` ("YYYY-MM"), and
        `taken(desk)` is then what this pack brought. Raises StoreError for a counter below 1 or above 2**63 - 1, or a
        reply of wrong sizes.

        `confirmed` is the newest pack that the desk knows to be taken, and `seen` the newest bundle that it met: where
        this database knows no such pack, it has lost it. WentBack is raised then, and the next bundle counts from
        `seen` on, so that the desk learns of it.
        """
        packs.check_counter(counter)
        date.fromisoformat(day)
        _check_month(expires_month)
        claims: dict[bytes, set[bytes]] = {}
        for item_id, digest in collected:
            claims.setdefault(item_id, set()).add(digest)
        application = packs.Application(self._backend, self._write, desk, counter)
        application.check_nothing_is_forgotten(confirmed, seen)
        return application.run(day, claims, replies, expires_month)

    def taken(self, desk: str) -> list[bytes]:
        """The ids of the replies (16 bytes) that the desk's last pack brought, in order."""
        query = select(taken.c.reply_id).where(taken.c.desk == desk).order_by(taken.c.reply_id)
        with self._read() as connection:
            return list(connection.scalars(query))

    def confirmed_pack(self, desk: str) -> int:
        """The counter of the desk's last pack, 0 if there was none."""
        with self._read() as connection:
            return connection.scalar(select(collected.c.pack_counter).where(collected.c.desk == desk)) or 0

    def next_bundle_counter(self, desk: str) -> int:
        """A number for a bundle, larger than all that this desk was given before; from 1."""
        new = self._backend.insert(collected).values(desk=desk, bundle_counter=1)
        following = {"bundle_counter": collected.c.bundle_counter + 1}
        upsert = new.on_conflict_do_update(index_elements=[collected.c.desk], set_=following)
        with self._write() as connection:
            number: int = connection.execute(upsert.returning(collected.c.bundle_counter)).scalar_one()
        return number

    def collected(self) -> dict[str, date]:
        """The day of each desk's last pack, by desk; a desk that never sent one is missing."""
        query = select(collected.c.desk, collected.c.day).where(collected.c.day.is_not(None))
        with self._read() as connection:
            return {desk: date.fromisoformat(day) for desk, day in connection.execute(query)}

    def tend(self, month: str, seconds: float | None = None) -> TendResult:
        """Deletes the replies that expired before `month` ("YYYY-MM") and lays all rows in the order of their keys.

        May run beside a server, which waits for it; on PostgreSQL readers wait only for a part of the time. Needs free
        room of twice the database's size. With `seconds` the rewrite is given up after that time and nothing is moved.
        Killed at any moment, all rows are there, in the old order or in the new.
        """
        _check_month(month)
        with self._write() as connection:
            deleted = connection.execute(delete(reply).where(reply.c.expires_month < month)).rowcount
        packs.sweep(self._write)
        with translated():
            return TendResult(deleted, self._backend.rewrite(seconds))

    @property
    def copies(self) -> Copies:
        """All rows, for a backup or out of one."""
        return Copies(self._backend, self._read, self._write)

    def _add_row(self, connection: Connection, item_id: bytes, size: int) -> int | None:
        """Adds the row of an item; its place, or None if the item was there."""
        known = select(item.c.id).where(item.c.id == item_id)
        for attempt in itertools.count():
            row = self._backend.insert(item).values(id=item_id, place=item_place(item_id, attempt), size=size)
            place: int | None = connection.scalar(row.on_conflict_do_nothing().returning(item.c.place))
            # Else it is another item that has this place.
            if place is not None or connection.scalar(known) is not None:
                break
        return place

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with translated(), self._backend.read() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with translated(), self._backend.write() as connection:
            yield connection


def _backend(url: str) -> Backend:
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        from portal.store.sqlite import SQLite

        return SQLite(parsed)
    from portal.store.postgres import PostgreSQL  # psycopg takes time and memory that SQLite need not pay.

    return PostgreSQL(parsed)


def _check_month(month: str) -> None:
    # A wrong one would be compared like a right one, and "9" would delete every reply.
    if not _MONTH.fullmatch(month):
        raise ValueError("A month is written YYYY-MM.")
