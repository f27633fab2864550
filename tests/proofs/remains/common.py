"""What the twins have in common: everything that is random, drawn for one of them and used for both."""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from portal import parcel, report
from portal.age import encrypt
from portal.receipt import ThreadKeys
from portal.store import Store
from portal.tickets import Seals, Ticket
from tests.intake_world import ROUTES, reply

DESKS = ("police", "ecpat")
_DAY_OF_RECEIPTS = date(2026, 1, 1)
_CHANNELS = tuple(ROUTES)


def drawn(label: str) -> Callable[[int], bytes]:
    """A source of random bytes that gives the same ones for the same label."""
    numbers = itertools.count()

    def draw(size: int) -> bytes:
        return hashlib.shake_256(f"{label}/{next(numbers)}".encode()).digest(size)

    return draw


class SameReceipts(Seals):
    """Receipts that do not depend on the day."""

    def entropy(self, visitor: bytes, ticket: Ticket) -> bytes:
        return super().entropy(visitor, replace(ticket, day=_DAY_OF_RECEIPTS))


class SealedOnce(Store):
    """Stores, instead of an age file, the one that was sealed for the same item before; it must be as long."""

    def __init__(self, url: str, sealed: dict[bytes, bytes]) -> None:
        super().__init__(url)
        self._sealed = sealed

    def add_item(self, item_id: bytes, desks: Sequence[str], size: int, blocks: Iterable[bytes]) -> bool:
        data = b"".join(blocks)
        first = self._sealed.setdefault(item_id, data)
        assert len(first) == len(data) == size
        return super().add_item(item_id, desks, size, [first])


@dataclass
class Common:
    """What both twins have: the portal's secrets, and all that is sealed."""

    reports: int
    folder: Path
    items: dict[bytes, bytes] = field(default_factory=dict)
    replies: dict[int, tuple[str, str, bytes]] = field(default_factory=dict)
    """By report: id, locator and age file of its answer."""

    def has_files(self, number: int) -> bool:
        return number % 12 == 6

    def follows_up(self, number: int) -> bool:
        return number % 6 == 1

    def expires(self, number: int) -> bool:
        return number % 10 == 3

    def comes_last(self, number: int) -> bool:
        """Whether its answer is in the last pack."""
        return number % 5 == 0

    def is_answered(self, number: int) -> bool:
        return number % 2 == 0 or self.comes_last(number) or self.expires(number)

    def is_deleted(self, number: int) -> bool:
        """Whether the reporter deletes the answer."""
        return number % 8 == 2

    def taken_by(self, number: int) -> tuple[str, ...]:
        """The desks that acknowledge what came with this number."""
        return {0: DESKS, 1: ("police",)}.get(number % 4, ())

    def channel(self, number: int) -> str:
        return "travel" if self.has_files(number) else _CHANNELS[number % len(_CHANNELS)]

    def answer(self, number: int, keys: ThreadKeys) -> tuple[str, str, bytes]:
        """The sealed answer to a report."""
        if number not in self.replies:
            value = reply(number, id=drawn(f"reply {number}")(16).hex(), text=f"Answer {number}. " * (number % 50))
            archive = parcel.pack_reply(report.write_reply(value), value.text)
            sealed = b"".join(encrypt([keys.recipient], [archive]))
            self.replies[number] = value.id, keys.locator.hex(), sealed
        return self.replies[number]
