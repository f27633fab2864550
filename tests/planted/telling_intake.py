"""An intake that keeps a note of each thread, and looks it up where there is one: as if it counted visits.

What the pages say stays the same; only the database is asked once more for who has filed a report.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from portal import receipt
from portal.intake import Intake
from portal.receipt import ThreadKeys
from portal.report import Reply


@contextmanager
def telling(salt: bytes, words: list[str]) -> Iterator[None]:
    """Plant the fault while the block runs: the threads of these receipts are known to the portal."""
    known = {receipt.derive(entropy, salt).locator for each in words for entropy in receipt.decode(each)}
    replies = Intake._replies

    def look_up(self: Intake, keys: ThreadKeys) -> list[Reply]:
        if keys.locator in known:
            self._store.waiting_count("police")
        return replies(self, keys)

    with patch.object(Intake, "_replies", look_up):
        yield
