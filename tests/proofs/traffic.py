"""Whole visits as a watcher of the line sees them, and how well their kinds can be guessed: tests/traffic."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

from portal import limits
from portal.web import page
from tests.proofs import Outcome
from tests.traffic.guessing import accuracy
from tests.traffic.visits import Exchange, Visits
from tests.web.world import WebWorld

CLAIM = (
    "Visits differ in no size and no number of answers, and the sizes of what is sent tell a report from a receipt "
    "or a message in at most 7 of 10 cases."
)
BOUND = 0.70
TIMES = 300
"""Visits of a kind, half of them to learn from."""
SEED = 30
WITHOUT_PAD = 1
_PAIRS = {"report or reading": "reads an answer", "report or message": "writes a message"}
_REPORT = "files a report"


def prove() -> Outcome:
    """Play the visits with the pad and without."""
    with _world() as world:
        visits = Visits(world, random.Random(SEED))
        padded = _play(visits)
        with patch.object(page, "PAD_BYTES", WITHOUT_PAD):
            bare = _play(visits)
    answers = {tuple(exchange.down for exchange in visit) for kind in padded.values() for visit in kind}
    guessed = {name: _accuracies(padded, kind) for name, kind in _PAIRS.items()}
    before = {name: _accuracies(bare, kind) for name, kind in _PAIRS.items()}
    told = "; ".join(
        f"{name}: {before[name][0]:.1%} of guesses right without the pad and {guessed[name][0]:.1%} with it, "
        f"{before[name][1]:.1%} and {guessed[name][1]:.1%} from both forms of a visit"
        for name in _PAIRS
    )
    worst = max(max(each) for each in guessed.values())
    result = f"{TIMES} visits of each kind, {len(answers)} sequence of answers' sizes; {told}."
    return Outcome(len(answers) == 1 and worst <= BOUND, result)


def _play(visits: Visits) -> dict[str, list[list[Exchange]]]:
    return {name: [visits.kinds[name]() for _ in range(TIMES)] for name in (_REPORT, *_PAIRS.values())}


def _accuracies(played: dict[str, list[list[Exchange]]], other: str) -> tuple[float, float]:
    """From the first form alone, and from both."""
    one, two = (accuracy(played[_REPORT], played[other], posts) for posts in (1, 2))
    return one, two


@contextmanager
def _world() -> Iterator[WebWorld]:
    """A portal that stretches keys with little memory: sizes do not depend on it."""
    with tempfile.TemporaryDirectory() as folder, patch.object(limits, "ARGON2_KIB", 64):
        world = WebWorld(Path(folder))
        with closing(world.store):
            yield world
