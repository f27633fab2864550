"""Whether the store is as quick with a million items as with a thousand, on SQLite.

The items that fill it are short, as their number is what counts. Those that a bundle takes and those that are filed
have the size of a text report.
"""

import contextlib
import hashlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import minisign
from sqlalchemy import Table

from portal import exchange, limits
from portal.store import Store, sqlite_url
from portal.store.places import chunk_place, item_place
from portal.store.schema import chunk, item, reply, waiting
from tests.bench.figures import Figure

SIZES = (1_000, 100_000, 1_000_000)
MOST = 1.3
MEASURED = (
    "what the store does for a report that is filed (64 KiB, durable), for a mailbox that is opened, and for an "
    f"export for each item of it ({limits.BUNDLE_ITEMS:,} at most), with {SIZES[1]:,} and {SIZES[2]:,} items and as "
    f"many replies in it, beside the same with {SIZES[0]:,}; the median of what was asked in turn, "
    "by the clock"
)
ABOUT = (
    f"On SQLite: {MEASURED}; of the export in CPU time, as what lies in memory and what on the disk is the machine's "
    "affair."
)
FILINGS = 60
VISITS = 400
EXPORTS = 3
DESK = "police"
_SHORT = bytes(100)
_FULL = bytes(limits.ITEM_BYTES + 2_000)
_DAY = date(2026, 11, 30)
_BATCH = 1_000
_KEY = minisign.KeyPair.generate().secret_key


def measure() -> list[Figure]:
    """All of it on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        return figures("SQLite", lambda size: sqlite_url(Path(folder) / f"{size}.db"))


def figures(
    name: str,
    url: Callable[[int], str],
    settle: Callable[[Store], object] = lambda store: None,
    export_clock: Callable[[], float] = time.process_time,
    sizes: Sequence[int] = SIZES,
) -> list[Figure]:
    """Of each act, its time at each size beside that at the first.

    `url` gives an empty database for a size, `settle` gets each store once it is filled, and `export_clock` tells
    the time of an export in seconds.
    """
    with contextlib.ExitStack() as stack:
        stores = {size: stack.enter_context(contextlib.closing(_filled(Store(url(size)), size))) for size in sizes}
        for store in stores.values():
            settle(store)
        measured = {
            "filing": _in_turn(stores, FILINGS, _file, time.perf_counter),
            "mailbox": _in_turn(stores, VISITS, _visit, time.perf_counter),
            "export, an item": _in_turn(stores, EXPORTS, _export, export_clock),
        }
    return [
        Figure(f"{name}, {act}, {size:,} items", 1000 * taken[size], "ms", MOST, 1000 * taken[sizes[0]])
        for act, taken in measured.items()
        for size in sizes[1:]
    ]


def identifier(number: int) -> bytes:
    """The id of an item, 32 bytes; a reply has the first half of it, and the whole as its locator."""
    return hashlib.sha256(b"bench %d" % number).digest()


def _in_turn(
    stores: dict[int, Store], times: int, do: Callable[[Store, int], int], clock: Callable[[], float]
) -> dict[int, float]:
    """The median of seconds at each size, for each thing that `do` says it did.

    Each round asks all sizes, so that a busy moment meets all alike.
    """
    taken: dict[int, list[float]] = {size: [] for size in stores}
    for number in range(times):
        for size, store in stores.items():
            before = clock()
            done = do(store, number)
            taken[size].append((clock() - before) / done)
    return {size: statistics.median(measured) for size, measured in taken.items()}


def _file(store: Store, number: int) -> int:
    new = identifier(-1 - number)
    assert not store.contains(new)
    assert store.add_item(new, [DESK], len(_FULL), [_FULL])
    return 1


def _visit(store: Store, number: int) -> int:
    [found] = store.replies(identifier(number % SIZES[0]))
    assert found.sealed == _SHORT
    store.collected()
    return 1


def _export(store: Store, _: int) -> int:
    manifest, pieces = exchange.export(store, _KEY, DESK, _DAY)
    assert sum(map(len, pieces)) > len(manifest.items) * len(_FULL)
    return len(manifest.items)


def _filled(store: Store, size: int) -> Store:
    """`size` items and replies, laid in the order of their keys, as `portal tend` leaves them."""
    store.create()
    ids = sorted(map(identifier, range(size)))
    content = dict.fromkeys(ids, _SHORT) | dict.fromkeys(ids[: limits.BUNDLE_ITEMS], _FULL)
    places = sorted((item_place(one, 0), one) for one in ids)
    tables: tuple[tuple[Table, Iterable[dict[str, Any]]], ...] = (
        (item, ({"id": one, "place": item_place(one, 0), "size": len(content[one])} for one in ids)),
        (waiting, ({"item_id": one, "desk": DESK} for one in ids)),
        (chunk, ({"place": chunk_place(place, 0), "data": content[one]} for place, one in places)),
        (reply, ({"id": one[:16], "locator": one, "expires_month": "2027-11", "sealed": _SHORT} for one in ids)),
    )
    with store._write() as connection:
        for table, rows in tables:
            for batch in _batches(iter(rows)):
                connection.execute(table.insert(), batch)
    return store


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch
