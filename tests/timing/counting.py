"""Counts what an answer costs: work that takes time, whatever a loaded machine makes of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from nacl.secret import SecretBox
from sqlalchemy import event

from portal import intake, receipt
from tests.web.world import WebWorld


@contextmanager
def counted(world: WebWorld) -> Iterator[Counter[str]]:
    """Counts while the block runs: keys stretched, statements of the database by their text, and what is opened."""
    counts: Counter[str] = Counter()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        counts[statement] += 1

    engine = world.store._backend.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with (
            patch.object(receipt, "hash_secret_raw", _counting(counts, "keys stretched", receipt.hash_secret_raw)),
            patch.object(receipt, "hkdf", _counting(counts, "keys derived", receipt.hkdf)),
            patch.object(intake, "decrypt", _counting(counts, "replies opened", intake.decrypt)),
            patch.object(SecretBox, "decrypt", _counting(counts, "boxes opened", SecretBox.decrypt)),
            patch.object(SecretBox, "encrypt", _counting(counts, "boxes sealed", SecretBox.encrypt)),
        ):
            yield counts
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _counting(counts: Counter[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        counts[name] += 1
        return function(*arguments, **named)

    return call
