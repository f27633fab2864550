"""All rows of a store, out and in again, for a backup: in pages, by key, with no transaction longer than a page.

What arrives or goes while a copy is made is in it or not; what is in it is whole. The desks' counters are read first:
a copy never says that a pack was taken whose effects it lacks.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, select

from portal.errors import StoreError
from portal.store.backend import Backend
from portal.store.schema import collected, item, reply, taken, waiting

PAGE_ROWS = 250
"""Rows that are read in one transaction."""

Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True)
class DeskRow:
    """A desk's counters, the day (ISO) of its last pack, and the ids (16 bytes each) of the replies in it."""

    desk: str
    pack: int
    bundle: int
    day: str | None
    taken: tuple[bytes, ...]


@dataclass(frozen=True)
class ItemRow:
    """An item: id (32 bytes), size of its age file in bytes, and the desks that it waits for."""

    id: bytes
    size: int
    desks: tuple[str, ...]


@dataclass(frozen=True)
class ReplyRow:
    """A reply: id (16 bytes), locator (32 bytes), the month ("YYYY-MM") after which it goes, and its age file."""

    id: bytes
    locator: bytes
    expires_month: str
    sealed: bytes


@dataclass(frozen=True)
class Copies:
    """The rows of one store; `Store.copies` makes it."""

    backend: Backend
    read: Transaction
    write: Transaction

    def desks(self) -> list[DeskRow]:
        """One row a desk, in the order of their names."""
        with self.read() as connection:
            rows = connection.execute(select(collected).order_by(collected.c.desk)).all()
            ids = connection.execute(select(taken).order_by(taken.c.reply_id)).all()
        return [
            DeskRow(
                row.desk,
                row.pack_counter,
                row.bundle_counter,
                row.day,
                tuple(each.reply_id for each in ids if each.desk == row.desk),
            )
            for row in rows
        ]

    def items(self) -> Iterator[list[ItemRow]]:
        """Every item, some at a time, in the order of ids."""
        after = b""
        while True:
            chosen = select(item.c.id, item.c.size).where(item.c.id > after).order_by(item.c.id).limit(PAGE_ROWS)
            with self.read() as connection:
                found = connection.execute(chosen).all()
                if not found:
                    return
                between = waiting.c.item_id.between(found[0].id, found[-1].id)
                desks: dict[bytes, list[str]] = {}
                for row in connection.execute(select(waiting).where(between).order_by(waiting.c.desk)):
                    desks.setdefault(row.item_id, []).append(row.desk)
            # An item that waits for nobody is about to be swept away.
            yield [ItemRow(row.id, row.size, tuple(desks[row.id])) for row in found if row.id in desks]
            after = found[-1].id

    def replies(self) -> Iterator[list[ReplyRow]]:
        """Every reply, some at a time, in the order of ids."""
        after = b""
        columns = select(reply.c.id, reply.c.locator, reply.c.expires_month, reply.c.sealed)
        while True:
            chosen = columns.where(reply.c.id > after).order_by(reply.c.id).limit(PAGE_ROWS)
            with self.read() as connection:
                found = [ReplyRow(*row) for row in connection.execute(chosen)]
            if not found:
                return
            yield found
            after = found[-1].id

    def check_empty(self) -> None:
        """Raises StoreError if a desk ever sent a pack or got a bundle from here, or a reply lies here."""
        with self.read() as connection:
            used = connection.scalar(select(collected.c.desk).limit(1)) or connection.scalar(
                select(reply.c.id).limit(1)
            )
        if used:
            raise StoreError("The database is in use already: restore into a new, empty one.")

    def put_replies(self, rows: Sequence[ReplyRow]) -> None:
        """Stores replies; one that is there stays."""
        with self.write() as connection:
            for row in rows:
                values = {
                    "id": row.id,
                    "locator": row.locator,
                    "expires_month": row.expires_month,
                    "sealed": row.sealed,
                }
                connection.execute(self.backend.insert(reply).values(values).on_conflict_do_nothing())

    def put_desks(self, rows: Sequence[DeskRow]) -> None:
        """Stores the desks' counters and what they brought last, all or none; what is there stays."""
        with self.write() as connection:
            for row in rows:
                counters = {"pack_counter": row.pack, "bundle_counter": row.bundle, "day": row.day}
                new = self.backend.insert(collected).values(desk=row.desk, **counters)
                connection.execute(new.on_conflict_do_nothing())
                for reply_id in row.taken:
                    brought = self.backend.insert(taken).values(desk=row.desk, reply_id=reply_id)
                    connection.execute(brought.on_conflict_do_nothing())
