"""What a server keeps beside ciphertext: two portals, the same reports in another order and at other times, compared.

After `portal tend` every file of both state folders, SQLite's file with its header, and every page of PostgreSQL's
tables, indexes and TOAST must be alike, and what PostgreSQL knows of them. `kept` lists all that is kept and what it
says; what says something is a row of the threat model's table.
"""

import stat
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from portal.store import sqlite_url
from tests import postgres
from tests.planted.telling_store import FAULTS
from tests.postgres import Server
from tests.proofs import Outcome
from tests.proofs.remains import catalogue, kept, relations
from tests.proofs.remains.twins import Twin, twins

Result = TypeVar("Result")

CLAIM = (
    "Two portals that received the same reports, messages and packs in another order and at other times cannot be told "
    "apart after `portal tend`, on SQLite and on PostgreSQL, but for what the threat model lists."
)
REPORTS = 300
"""On each database."""
REPORTS_WITH_A_FAULT = 24
DATABASE = "portal.db"
IN_MEMORY = Path("/dev/shm")
"""Nothing here is about a disk, and a disk takes its time."""
NEAR = 1_000
"""A count that is so near to the one before has gone on; a random one is in 2 of a million cases."""


def compare_sqlite(folder: Path, reports: int) -> list[str]:
    """Where the twins' folders differ; both are made in `folder`."""
    states = [folder / f"{number}" / "state" for number in range(2)]
    with twins([sqlite_url(state / DATABASE) for state in states], folder, reports) as both:
        both[1].visit()
        found = _compare_folders(*states) + _sizes_of_answers(both[0])
        before = _counts(states[0])
        both[0].tend()
        after = _counts(states[0])
    close = [name for name in before if abs(after[name] - before[name]) < NEAR]
    return found + [f"the {name} counts" for name in close]


def _sizes_of_answers(twin: Twin) -> list[str]:
    """Answers, long and short, must have one size; the threat model has no row for it."""
    sizes = {len(sealed) for _, _, sealed in twin.replies.values()}
    return [] if len(sizes) == 1 else [f"answers of {len(sizes)} sizes"]


def _counts(state: Path) -> dict[str, int]:
    """What SQLite counts in the header, unless that is random."""
    header = _read_file(state / DATABASE)[:100]
    fields = {name: (at, size) for name, (at, size, meaning) in kept.HEADER.items() if meaning == kept.RANDOM}
    return {name: int.from_bytes(header[at : at + size]) for name, (at, size) in fields.items()}


def compare_postgresql(folder: Path, reports: int, server: Server) -> list[str]:
    """Where the twins' folders, the pages of their databases and the server's catalogue differ."""
    urls = [server.new_database() for _ in range(2)]
    data = server.folder / "data"
    with twins(urls, folder, reports) as both:
        known = [_read(url, catalogue.read) for url in urls]
        # Reading must not leave a trace in the files; the server counts it, which the threat model says.
        both[1].visit()
        files = [_read(url, lambda connection: relations.read(connection, data)) for url in urls]
    found = _compare_folders(*(folder / f"{number}" / "state" for number in range(2))) + _sizes_of_answers(both[0])
    found += files[0].differences(files[1])
    unnamed = {place for place in catalogue.differences(*known) if not kept.may_differ(*place)}
    found += [f"{view}.{column}" for view, column in sorted(unnamed)]
    return found + [f"rows in {place[0]}" for place, count in known[0].items() if place[1] == "count" and count]


def _read(url: str, read: Callable[["psycopg.Connection[Any]"], Result]) -> Result:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        return read(connection)


def _compare_folders(one: Path, other: Path) -> list[str]:
    """Names, modes and contents; when they were written is in the threat model."""
    seen = [_folder(one), _folder(other)]
    return [f"state/{name}" for name in sorted({*seen[0], *seen[1]}) if seen[0].get(name) != seen[1].get(name)]


def _folder(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = {}
    for path in folder.rglob("*"):
        mode = path.stat().st_mode
        found[str(path.relative_to(folder))] = mode, _content(path) if stat.S_ISREG(mode) else b""
    return found


def _content(path: Path) -> bytes:
    content = bytearray(_read_file(path))
    if path.name == DATABASE:
        for offset, size, meaning in kept.HEADER.values():
            if meaning == kept.RANDOM:
                content[offset : offset + size] = bytes(size)
    return bytes(content)


def _read_file(path: Path) -> bytes:
    # By another process: in this one it would take SQLite's locks away.
    return subprocess.run(["cat", "--", path], stdout=subprocess.PIPE, check=True).stdout


def compare(kind: str, reports: int, server: Server | None = None) -> list[str]:
    """Where two portals on "SQLite" or "PostgreSQL" differ."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        if kind == "SQLite":
            return compare_sqlite(Path(folder), reports)
        return compare_postgresql(Path(folder), reports, server or postgres.server())


def prove() -> Outcome:
    """On both databases, and then with each fault that must be found."""
    found = {kind: compare(kind, REPORTS) for kind in ("SQLite", "PostgreSQL")}
    missed = []
    for name, (kinds, planted) in FAULTS.items():
        for kind in kinds:
            with planted():
                if not compare(kind, REPORTS_WITH_A_FAULT):
                    missed.append(f"{name} on {kind}")
    told = "; ".join(f"{kind}: {len(some)} differences {some[:5] or ''}".rstrip() for kind, some in found.items())
    unlisted = kept.remaining() ^ set(kept.documented())
    result = (
        f"{REPORTS} reports: {told}; {len(kept.documented())} things remain, {len(unlisted)} of them not listed; "
        f"{len(FAULTS)} planted faults, missed: {', '.join(missed) or 'none'}."
    )
    return Outcome(not any(found.values()) and not missed and not unlisted, result)
