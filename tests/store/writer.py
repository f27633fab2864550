"""A process whose writes are recorded: it stores items and says which are stored, takes packs, and tends.

`python -m tests.store.writer URL ITEMS [hasty | hasty-rewrite]`; SQLite does not wait for the disk with `hasty`, and
with `hasty-rewrite` it does not when the file is rewritten.
"""

import sys

from portal.store import Store, sqlite, vacuum
from tests.planted import hasty_vacuum
from tests.store.helpers import answer, claim, content, identifier

ACKNOWLEDGED = "stored "
"""Begins the line that says which item is durable, by its number."""
REMOVING = "removing "
"""… which may be gone from now on, …"""
REMOVED = "removed "
"""… and which is gone for good."""


def size(number: int) -> int:
    """The bytes of item `number`: a text, or now and then some chunks."""
    return 1_300_000 if number % 4 == 3 else 66_000


def main(url: str, items: int) -> None:
    """Write, and say what is written."""
    store = Store(url)
    for number in range(items):
        data = content(number, size(number))
        assert store.add_item(identifier(number), ["police"], len(data), [data])
        print(f"{ACKNOWLEDGED}{number}", flush=True)
        if number % 3 == 2:
            print(f"{REMOVING}{number}", flush=True)
            done = store.apply_pack(
                "police", number, "2030-01-01", [claim(number, size(number))], [answer(number)], "2031-01"
            )
            assert done.deleted == 1
            print(f"{REMOVED}{number}", flush=True)
        if number % 12 == 3:
            assert store.tend("2030-01").rewritten
    store.close()


if __name__ == "__main__":
    if sys.argv[3:] == ["hasty"]:
        sqlite.PRAGMAS = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in sqlite.PRAGMAS)
    if sys.argv[3:] == ["hasty-rewrite"]:
        vacuum.__file__ = hasty_vacuum.__file__
    main(sys.argv[1], int(sys.argv[2]))
