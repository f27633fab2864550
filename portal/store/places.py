"""Where the bytes of an item lie: cut into chunks, in a row of numbers that its id gives (docs/decisions/0015).

An item has a place, which looks random and says nothing that its id does not say. The key of a chunk is made of the
place and the chunk's number, and fits a signed integer of 64 bits, so that it can be the rowid of a SQLite table.
"""

import hashlib
from collections.abc import Iterable, Iterator

from portal.limits import MIB

CHUNK_SIZE = MIB
"""Bytes of a piece of an item, the last one may be shorter; all that is held in memory of an item."""

NUMBER_BITS = 16
"""Bits of a chunk's number."""

PLACE_BITS = 63 - NUMBER_BITS
"""Bits of an item's place."""

CHUNKS_MAX = 2**NUMBER_BITS
"""Chunks of an item, at most."""

ITEM_SIZE_MAX = CHUNKS_MAX * CHUNK_SIZE
"""Bytes of an item, at most: 64 GiB."""


def item_place(item_id: bytes, attempt: int) -> int:
    """A place for the item with this id, below 2**PLACE_BITS; another one for each attempt, from 0."""
    digest = hashlib.sha256(b"place" + item_id + attempt.to_bytes(8, "big")).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - PLACE_BITS)


def chunk_place(place: int, number: int) -> int:
    """The key of chunk `number`, from 0 and below CHUNKS_MAX, of the item at `place`."""
    return place << NUMBER_BITS | number


def cut(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of CHUNK_SIZE; the last may be shorter."""
    parts: list[memoryview] = []
    room = CHUNK_SIZE
    for block in blocks:
        if len(block) == room == CHUNK_SIZE:
            yield block
            continue
        rest = memoryview(block)
        while rest:
            part, rest = rest[:room], rest[room:]
            parts.append(part)
            room -= len(part)
            if not room:
                yield b"".join(parts)
                parts, room = [], CHUNK_SIZE
    if parts:
        yield b"".join(parts)
