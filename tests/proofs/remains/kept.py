"""Everything that a server keeps, and what each of it says to whoever seizes it.

Each thing has one meaning or more. `RANDOM`: drawn, or made of what was drawn, and in nobody's power to tell from
noise. `DERIVED`: says nothing that an id beside it does not say. `FIXED`: what this version of the programs writes, or
what the operator has set, whatever happens. All else is a name of the table "What remains on a seized server" in
docs/threat-model.md: `test_kept` compares the two, and this list with a database, a state folder and a server.
"""

import re
from pathlib import Path

RANDOM = "random"
DERIVED = "follows from an id"
FIXED = "fixed by the operator"
MEANINGLESS = frozenset({RANDOM, DERIVED, FIXED})

WAITING = "items that wait"
SIZES = "size of an item"
ANSWERS = "answers of a thread"
EXPIRY = "month of expiry"
LAST_PACK = "the last pack"
COUNTERS = "counters of a desk"
DAY = "day of the last pack"
ORDER = "order since `tend`"
TIMES = "times of files"
RENEWED = "session.secret renewed"
UNFINISHED = "what was cut off"
LOG = "log of the service"
TOR = "tor's folder"
WRITE_AHEAD = "write-ahead log"
SERVER_COUNTS = "PostgreSQL's counts"
SERVER_LOG = "PostgreSQL's log"
DISK = "the disk beneath"

COLUMNS = {
    "collected.desk": (FIXED,),
    "collected.pack_counter": (COUNTERS,),
    "collected.day": (DAY,),
    "collected.bundle_counter": (COUNTERS,),
    "item.id": (RANDOM,),
    "item.place": (DERIVED,),
    "item.size": (SIZES,),
    "chunk.place": (DERIVED,),
    "chunk.data": (RANDOM, SIZES),
    "waiting.item_id": (DERIVED, WAITING),
    "waiting.desk": (WAITING,),
    "reply.id": (RANDOM,),
    "reply.locator": (RANDOM, ANSWERS),
    "reply.expires_month": (EXPIRY,),
    "reply.sealed": (RANDOM,),
    "taken.desk": (LAST_PACK,),
    "taken.reply_id": (LAST_PACK,),
    "alembic_version.version_num": (FIXED,),
}
"""Every column of every table."""

ROWS = (ORDER,)
"""How the rows of a table lie."""

STATE = {
    ".": (TIMES,),
    "portal.db": (ORDER, TIMES, DISK),
    "portal.db-journal": (UNFINISHED, TIMES),
    "portal.toml": (FIXED, TIMES),
    "portal.key": (RANDOM, TIMES),
    "portal.pub": (DERIVED, TIMES),
    "receipt.secret": (RANDOM, TIMES),
    "session.secret": (RANDOM, RENEWED, TIMES),
    "onion.key": (RANDOM, TIMES),
    "roster.number": (FIXED, TIMES),
    "serve.lock": (FIXED, TIMES),
    "portal.sock": (FIXED, TIMES),
    "spool": (FIXED, TIMES),
    "tor": (TOR, TIMES),
}
"""Every file and folder of a state folder; all of it is the owner's alone, but for `PUBLIC`."""
PUBLIC = frozenset({"portal.pub"})
LEFT_BEHIND = {r"\..+\.[0-9a-f]{8}": (UNFINISHED, TIMES), "restoring": (UNFINISHED, TIMES)}
"""A file that was being written when the process was killed (`portal.files`), and the note of a restore."""
KEYS = {r"keys": (FIXED, TIMES)}
"""What a restored state folder has as well: the desks' public keys."""

HEADER = {
    "magic": (0, 16, FIXED),
    "page size": (16, 2, FIXED),
    "versions of the format": (18, 2, FIXED),
    "reserved room and fractions": (20, 4, FIXED),
    "change counter": (24, 4, RANDOM),
    "pages": (28, 4, DERIVED),
    "free pages": (32, 8, FIXED),
    "schema cookie": (40, 4, RANDOM),
    "format of the schema": (44, 4, FIXED),
    "cache size": (48, 4, FIXED),
    "vacuum and encoding": (52, 8, FIXED),
    "user version": (60, 4, FIXED),
    "vacuum in steps": (64, 4, FIXED),
    "application id": (68, 4, FIXED),
    "reserved": (72, 20, FIXED),
    "version valid for": (92, 4, RANDOM),
    "version of SQLite": (96, 4, FIXED),
}
"""The header of a SQLite file after `tend`: offset, bytes, meaning."""

CATALOGUE = {
    ("pg_class", "relfrozenxid"): SERVER_COUNTS,
    ("pg_class", "relminmxid"): SERVER_COUNTS,
    ("pg_database", "datfrozenxid"): SERVER_COUNTS,
    ("pg_database", "datminmxid"): SERVER_COUNTS,
    ("pg_stat_database", "*"): SERVER_COUNTS,
}
"""What may differ between two databases after `tend` where the portal's user has the rights that it is advised."""

SERVER = {
    "base": (ORDER, SERVER_COUNTS, DISK),
    "global": (SERVER_COUNTS, FIXED),
    "pg_commit_ts": (FIXED,),
    "pg_dynshmem": (FIXED,),
    "pg_hba.conf": (FIXED,),
    "pg_ident.conf": (FIXED,),
    "pg_logical": (FIXED,),
    "pg_multixact": (SERVER_COUNTS,),
    "pg_notify": (FIXED,),
    "pg_replslot": (FIXED,),
    "pg_serial": (SERVER_COUNTS,),
    "pg_snapshots": (FIXED,),
    "pg_stat": (SERVER_COUNTS,),
    "pg_stat_tmp": (SERVER_COUNTS,),
    "pg_subtrans": (SERVER_COUNTS,),
    "pg_tblspc": (FIXED,),
    "pg_twophase": (FIXED,),
    "PG_VERSION": (FIXED,),
    "pg_wal": (WRITE_AHEAD,),
    "pg_xact": (SERVER_COUNTS,),
    "postgresql.auto.conf": (FIXED,),
    "postgresql.conf": (FIXED,),
    "postmaster.opts": (FIXED, TIMES),
    "postmaster.pid": (FIXED, TIMES),
    "current_logfiles": (SERVER_LOG,),
    "log": (SERVER_LOG,),
}
"""Every file and folder in the data folder of a PostgreSQL server, of versions 15 to 17."""

ELSEWHERE = {"journald": (LOG,), "the system's log of PostgreSQL": (SERVER_LOG,), "the file system": (DISK,)}

DOCUMENT = Path(__file__).parents[3] / "docs" / "threat-model.md"
HEADING = "## What remains on a seized server"


def remaining() -> set[str]:
    """The names of all that says something."""
    said = {RANDOM, *ROWS, *CATALOGUE.values()}
    for things in (COLUMNS, STATE, LEFT_BEHIND, KEYS, SERVER, ELSEWHERE):
        said.update(meaning for meanings in things.values() for meaning in meanings)
    return said - MEANINGLESS


def documented() -> list[str]:
    """The names in the table of the threat model, as they stand there."""
    section = DOCUMENT.read_text("utf-8").partition(f"{HEADING}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|", section, re.MULTILINE)
    return [row for row in rows if row not in ("what remains", "---")]


def may_differ(view: str, column: str) -> bool:
    """Whether a column of PostgreSQL's catalogue is among those that are named."""
    return (view, column) in CATALOGUE or (view, "*") in CATALOGUE
