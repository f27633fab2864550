"""PostgreSQL's files of the portal's tables, read as bytes from the server's folder and compared page by page.

What cannot be alike is taken out of each page first: where the write-ahead log stood, and the checksum; the number of
the transaction that brought a row, which must be one for a whole table; the numbers of tables, and those under which
TOAST keeps long values, as far as they are counted from the first.

The layout of pages: https://www.postgresql.org/docs/15/storage-page-layout.html.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

PAGE_BYTES = 8192
_HEADER_BYTES = 24
_LSN_AND_CHECKSUM = slice(0, 10)
_LOWER = 12
_LINE_BYTES = 4
_NORMAL = 1
_TOAST_POINTER = b"\x01\x12"
"""A value of variable length that is a pointer into TOAST: its sizes (8 bytes), its number and its table follow."""
_RELATIONS = """
WITH tables AS (SELECT oid, relname AS name, reltoastrelid FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'),
heaps AS (SELECT oid, name, reltoastrelid AS toast FROM tables
    UNION ALL SELECT reltoastrelid, 'TOAST of ' || name, 0 FROM tables WHERE reltoastrelid > 0)
SELECT name, oid, toast, pg_relation_filepath(oid), 'heap', oid FROM heaps
UNION ALL SELECT CASE WHEN name LIKE 'TOAST%' THEN 'index of ' || name ELSE indexrelid::regclass::text END,
    indexrelid, 0, pg_relation_filepath(indexrelid), 'index', indrelid FROM pg_index JOIN heaps ON indrelid = oid
ORDER BY 1
"""


@dataclass(frozen=True)
class Relation:
    """A table, an index, the TOAST of a table, or the index of that; `heap` is the number of its table."""

    name: str
    oid: int
    toast: int
    path: str
    kind: str
    heap: int

    @property
    def in_toast(self) -> bool:
        return "TOAST" in self.name


@dataclass
class Files:
    """The pages of all relations of a database, by relation, fork and number."""

    pages: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    transactions: dict[str, set[int]] = field(default_factory=dict)
    """The transactions that brought the rows of each table."""

    def differences(self, other: "Files") -> list[str]:
        """Where two databases are not alike, and tables whose rows came in more than one transaction."""
        places = sorted({*self.pages, *other.pages})
        found = [" ".join(map(str, place)) for place in places if self.pages.get(place) != other.pages.get(place)]
        for files in (self, other):
            found += [
                f"{len(some)} transactions in {name}" for name, some in files.transactions.items() if len(some) > 1
            ]
        return found


def relations(connection: psycopg.Connection[Any]) -> list[Relation]:
    """All that belongs to the portal's tables."""
    return [Relation(*row) for row in connection.execute(_RELATIONS).fetchall()]


def read(connection: psycopg.Connection[Any], data: Path) -> Files:
    """The files as they lie in the server's folder after a checkpoint."""
    connection.execute("CHECKPOINT")
    files = Files()
    for relation in relations(connection):
        if relation.kind == "heap":
            files.transactions[relation.name] = set()
        first = _first_long_value(connection, relation)
        for path in sorted(data.joinpath(relation.path).parent.glob(f"{Path(relation.path).name}*")):
            fork = path.name.removeprefix(Path(relation.path).name)
            content = path.read_bytes()
            for number in range(0, len(content) // PAGE_BYTES):
                page = bytearray(content[number * PAGE_BYTES : (number + 1) * PAGE_BYTES])
                page[_LSN_AND_CHECKSUM] = bytes(10)
                if "_" not in fork and any(page):
                    _take_out(page, number, relation, first, files)
                files.pages[relation.name, fork, number] = bytes(page)
    return files


def _first_long_value(connection: psycopg.Connection[Any], relation: Relation) -> int:
    """The number from which the long values of this table are counted."""
    toast = relation.toast or (relation.heap if relation.in_toast else 0)
    if not toast:
        return 0
    named = connection.execute("SELECT %s::oid::regclass::text", [toast]).fetchone()
    assert named
    found = connection.execute(f"SELECT min(chunk_id::bigint) FROM {named[0]}").fetchone()
    return int(found[0] or 0) if found else 0


def _take_out(page: bytearray, number: int, relation: Relation, first: int, files: Files) -> None:
    if relation.kind == "heap":
        for start, size in _lines(page):
            (transaction,) = struct.unpack_from("<I", page, start)
            files.transactions[relation.name].add(transaction)
            page[start : start + 4] = bytes(4)
            if relation.in_toast:
                _count_from(page, start + page[start + 22], first)
            elif relation.toast:
                _take_out_pointers(page, start, start + size, relation.toast, first)
    elif relation.in_toast and number:  # The first page of an index holds no rows.
        for start, size in _lines(page):
            if size > 8:  # Else it stands for everything that is smaller.
                _count_from(page, start + 8, first)


def _lines(page: bytearray) -> Iterator[tuple[int, int]]:
    """Where each row of a page begins, and its bytes."""
    (lower,) = struct.unpack_from("<H", page, _LOWER)
    for at in range(_HEADER_BYTES, lower, _LINE_BYTES):
        (line,) = struct.unpack_from("<I", page, at)
        if line >> 15 & 3 == _NORMAL:
            yield line & 0x7FFF, line >> 17


def _count_from(page: bytearray, at: int, first: int) -> None:
    (value,) = struct.unpack_from("<I", page, at)
    struct.pack_into("<i", page, at, value - first)


def _take_out_pointers(page: bytearray, start: int, end: int, toast: int, first: int) -> None:
    table = struct.pack("<I", toast)
    at = page.find(table, start, end)
    while at >= 0:
        if page[at - 14 : at - 12] == _TOAST_POINTER:
            page[at : at + 4] = bytes(4)
            _count_from(page, at - 4, first)
        at = page.find(table, at + 1, end)
