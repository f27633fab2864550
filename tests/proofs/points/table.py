"""All points: what is being done, at which moment, and the name that `dying_portal` has for it."""

from tests.postgres import Server
from tests.proofs.points import Point

DESKS = ("police", "ecpat", "stopline")
KEY_FILES = 2 * len(DESKS)
"""Files of the keys folder."""
SECRETS = 3
"""Secrets of a portal without an onion service."""

_STORED = [
    ("sealed, before the store", "item sealed", 1),
    ("its row stored, not committed", "INSERT INTO item", 1),
    ("its first chunk stored, not committed", "INSERT INTO chunk", 1),
    ("its desks stored, not committed", "INSERT INTO waiting", 1),
    ("before the commit", "commit", 1),
    ("committed, before the page is made", "committed", 1),
    ("the page made, not sent", "page made", 1),
]
VISITS = [
    Point("report with a file", "the file received and sealed by half", "chunk sealed", 20),
    Point("report with a file", "its last chunk stored, not committed", "INSERT INTO chunk", 3),
    *(Point("report with a file", *rest) for rest in _STORED),
    Point("report", "received", "form received"),
    Point("report", "its key stretched", "key stretched"),
    *(Point("report", *rest) for rest in _STORED),
    *(Point("message", *rest) for rest in _STORED),
    Point("deletion", "an answer deleted, not committed", "DELETE FROM reply"),
    Point("deletion", "before the commit", "commit"),
    Point("deletion", "committed, before the page is made", "committed"),
    Point("deletion", "the page made, not sent", "page made"),
]
STOP = [Point("stop", "before the rewrite", "rewriting"), Point("stop", "after the rewrite", "rewritten")]
STOP_SQLITE = Point("stop", "amid the rewrite", "vacuum", 300)
STOP_POSTGRESQL = Point("stop", "amid the rewrite", "TRUNCATE")
ANSWERS = sum(point.doing == "deletion" for point in VISITS) + 1
"""One is left over."""


def of_serving(server: Server | None) -> list[Point]:
    """Those of a portal that serves, on SQLite, or on PostgreSQL if there is a `server`."""
    return [*VISITS, *STOP, STOP_POSTGRESQL if server else STOP_SQLITE]


INIT = [
    Point("init", "before the first secret", "linking"),
    Point("init", "the first secret has two names", "linked"),
    Point("init", "the last secret has two names", "linked", SECRETS),
    Point("init", "before the public key", "renaming"),
    Point("init", "the tables made, not committed", "commit"),
    Point("init", "after the tables", "committed"),
]
RENEWAL = [
    Point("renew-session", "before the rename", "renaming"),
    Point("renew-session", "after the rename", "renamed"),
]
# Five transactions acknowledge four items (the last finds none), six sweep the three that nobody else waits for, with
# three chunks, one and one (again the last finds none), and the twelfth delivers.
IMPORT = [
    Point("import", "before the first acknowledgement", "acknowledging"),
    Point("import", "an item acknowledged, not committed", "DELETE FROM waiting"),
    Point("import", "between two acknowledgements", "committed", 1),
    Point("import", "all acknowledged, nothing removed", "committed", 5),
    Point("import", "a chunk removed, not committed", "DELETE FROM chunk"),
    Point("import", "some chunks of an item removed", "committed", 6),
    Point("import", "the last chunk of an item removed, not its row", "DELETE FROM chunk", 3),
    Point("import", "between two items", "committed", 8),
    Point("import", "before the last transaction", "delivering"),
    Point("import", "an answer stored, not committed", "INSERT INTO reply"),
    Point("import", "the answer noted as taken", "INSERT INTO taken"),
    Point("import", "the counter noted, before the last commit", "commit", 12),
    Point("import", "after the last commit", "committed", 12),
]
EXPORT = [
    Point("export", "before the counter", "counter"),
    Point("export", "after the counter", "counter taken"),
    Point("export", "amid the bundle", "piece written", 5),
    Point("export", "before the rename", "renaming"),
    Point("export", "after the rename", "renamed"),
]
TEND = [
    Point("tend", "the expired answer deleted, not committed", "DELETE FROM reply"),
    Point("tend", "before the rewrite", "rewriting"),
    Point("tend", "after the rewrite", "rewritten"),
]
TEND_SQLITE = [
    Point("tend", "the rewrite begun", "vacuum", 300),
    Point("tend", "amid the rewrite", "vacuum", 900),
]
TEND_POSTGRESQL = [
    Point("tend", "the tables copied away", "INSERT INTO taken_copy"),
    Point("tend", "the tables emptied", "TRUNCATE"),
    Point("tend", "some tables filled again", "INSERT INTO item"),
    Point("tend", "all tables filled, before the commit", "INSERT INTO taken"),
    Point("tend", "rewritten, before the checkpoint", "committed", 3),
]
BACKUP = [
    Point("backup", "amid the file", "piece written", 3),
    Point("backup", "before the rename", "renaming"),
    Point("backup", "after the rename", "renamed"),
]
RESTORE = [
    Point("restore", "an answer restored, not committed", "INSERT INTO reply"),
    Point("restore", "after the answers", "item sealed"),
    Point("restore", "after two chunks of an item", "INSERT INTO chunk", 2),
    Point("restore", "between two items", "item sealed", 2),
    Point("restore", "a desk's counters restored, not committed", "INSERT INTO collected"),
    Point("restore", "after the counters, before the first file", "renaming"),
    Point("restore", "before the last secret", "renaming", KEY_FILES + SECRETS),
    Point("restore", "after the last secret", "renamed", KEY_FILES + SECRETS),
]


def of_commands(server: Server | None) -> list[Point]:
    """Those of the operator's commands, on SQLite, or on PostgreSQL if there is a `server`."""
    tend = [*TEND, *(TEND_POSTGRESQL if server else TEND_SQLITE)]
    return [*INIT, *RENEWAL, *IMPORT, *EXPORT, *tend, *BACKUP, *RESTORE]
