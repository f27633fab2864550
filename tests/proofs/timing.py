"""How long the answer to eight words takes, measured side by side: tests/timing."""

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

from portal import limits
from tests.planted.telling_intake import telling
from tests.proofs import Outcome
from tests.timing.compared import Comparison, compare, measure
from tests.timing.threads import KINDS, Threads, words_form
from tests.web.browser import Browser
from tests.web.world import WebWorld

CLAIM = (
    "The time of an answer to eight words tells nothing of their thread: unknown, expired and empty ones are each the "
    "slower in half of the rounds, also where words fail the check or stand in two lists; a portal that asks its "
    "database once more is found."
)
BOUND = 0.1
"""How far from a half the share of rounds may be in which one is slower, its interval of confidence included."""
ROUNDS = 1_500
SEED = 31
GROUPS = {"right words": KINDS, "failing the check": KINDS, "in two lists": ("unknown", "expired")}


def prove() -> Outcome:
    """Measure all kinds side by side, then the same with a leak that must be found."""
    with _world() as world:
        threads = Threads(world, random.Random(SEED))
        makers = (threads.words, threads.wrong, threads.in_two_lists)
        groups = {
            group: {kind: make(kind) for kind in kinds}
            for (group, kinds), make in zip(GROUPS.items(), makers, strict=True)
        }
        threads.expire()
        found = {
            f"{group}, {kind}": comparison
            for group, words in groups.items()
            for kind, comparison in _compared(world, words).items()
        }
        right = groups["right words"]
        with telling(world.seals.salt, [right["empty"], right["expired"]]):
            leak = _compared(world, right)
    alike = all(comparison.are_alike(BOUND) for comparison in found.values())
    leak_found = not any(comparison.are_alike(BOUND) for comparison in leak.values())
    told = "; ".join(f"{name}: {comparison}" for name, comparison in found.items())
    planted = "; ".join(f"{name}: {comparison}" for name, comparison in leak.items())
    return Outcome(alike and leak_found, f"Beside unknown ones, {told}. Planted leak: {planted}.")


def _compared(world: WebWorld, words: Mapping[str, str]) -> dict[str, Comparison]:
    """Each kind beside the first one."""
    browser = Browser(world.app)
    form = words_form(browser)
    kinds: dict[str, Callable[[], object]] = {
        kind: partial(browser.submit, form, {"receipt": each}) for kind, each in words.items()
    }
    measure(kinds, ROUNDS // 50, random.Random(SEED))
    times = measure(kinds, ROUNDS, random.Random(SEED))
    first, *others = times
    return {kind: compare(times[kind], times[first]) for kind in others}


@contextmanager
def _world() -> Iterator[WebWorld]:
    """A portal that stretches keys with little memory: the stretching, the same for all, would drown the rest."""
    with tempfile.TemporaryDirectory() as folder, patch.object(limits, "ARGON2_KIB", 64):
        world = WebWorld(Path(folder))
        with closing(world.store):
            yield world
