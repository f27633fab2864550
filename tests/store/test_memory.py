"""Constant memory, measured from outside."""

from portal.store import Store
from tests.store.helpers import MIB, line, process

ALLOWED = 24 * MIB
"""Less than half of the item of 64 MiB that goes in, out, through a rewrite and away."""


def test_a_large_item_takes_no_more_memory_than_a_few_chunks(store: Store, url: str) -> None:
    with process("memory", url) as started:
        assert int(line(started)) < ALLOWED
