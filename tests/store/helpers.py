"""Items and replies for the tests, and processes that use a store of their own."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from portal.store import NewReply, Store
from portal.store.places import CHUNKS_MAX
from portal.store.schema import chunk, item

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024


def identifier(number: int) -> bytes:
    """A 32-byte id; the order of ids has nothing to do with the order of numbers."""
    return hashlib.sha256(b"id %d" % number).digest()


def content(number: int, size: int) -> bytes:
    """`size` bytes without repetition that no other number has."""
    return hashlib.shake_256(b"content %d" % number).digest(size)


def add(store: Store, number: int, desks: Sequence[str] = ("police",), size: int = 1000) -> bytes:
    """Adds the item with this number; its content."""
    data = content(number, size)
    assert store.add_item(identifier(number), desks, size, [data])
    return data


def claim(number: int, size: int = 1000) -> tuple[bytes, bytes]:
    """A right acknowledgement of the item that `add` makes."""
    return identifier(number), hashlib.sha256(content(number, size)).digest()


def answer(number: int, locator: int = 0, sealed: bytes | None = None) -> NewReply:
    """The reply with this number, under the locator with that number."""
    return NewReply(identifier(number)[:16], identifier(locator), sealed or b"sealed %d" % number)


def ids(store: Store, desk: str = "police") -> list[bytes]:
    """What waits for a desk."""
    return [item.id for item in store.waiting(desk)]


def chunks(store: Store) -> dict[bytes, list[int]]:
    """The numbers of every item's chunks. Fails if there is a chunk without an item."""
    with store._read() as connection:
        places = {row.place: row.id for row in connection.execute(select(item.c.id, item.c.place))}
        keys = connection.scalars(select(chunk.c.place).order_by(chunk.c.place)).all()
    found: dict[bytes, list[int]] = {item_id: [] for item_id in places.values()}
    for key in keys:
        place, number = divmod(key, CHUNKS_MAX)
        found[places[place]].append(number)
    return found


def read_outside(*paths: Path) -> bytes:
    """The bytes of these files, read by another process: in this one it would take SQLite's locks away."""
    return subprocess.run(["cat", "--", *paths], stdout=subprocess.PIPE, check=True).stdout


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`tests.store.child` with these arguments, in a session of its own; killed at the end if it still runs."""
    command = [sys.executable, "-m", "tests.store.child", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def line(started: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert started.stdout
    return started.stdout.readline().strip()


def go(started: subprocess.Popen[str]) -> None:
    """Lets a process go on that waits."""
    assert started.stdin
    started.stdin.write("\n")
    started.stdin.flush()
