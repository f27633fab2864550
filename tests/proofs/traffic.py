"""Whole visits as a watcher of the line sees them, and how well their kinds can be guessed: tests/traffic."""

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

from portal import limits
from portal.web import pad
from tests.proofs import Outcome
from tests.traffic.guessing import accuracy
from tests.traffic.visits import Exchange, Visits
from tests.web.world import WebWorld

CLAIM = (
    "Visits differ in no size and no number of answers, and the sizes of what is sent tell a report from a receipt "
    "or a message in at most 65 of 100 cases."
)
BOUND = 0.65
TIMES = 300
"""Visits of a kind, half of them to learn from."""
SEED = 30
PAIRS = {
    "report or reading": ("report", "reading"),
    "report on travel or reading": ("report on travel", "reading"),
    "report or message": ("report", "message"),
}


def prove() -> Outcome:
    """Play the visits with the pad and without."""
    with _world() as world:
        visits = Visits(world, random.Random(SEED))
        padded = _play(visits)
        with patch.object(pad, "fill", lambda content, room: content):
            bare = _play(visits)
    answers = {tuple(exchange.down for exchange in visit) for kind in padded.values() for visit in kind}
    before, after = ({name: _accuracies(played, pair) for name, pair in PAIRS.items()} for played in (bare, padded))
    told = "; ".join(
        f"{name}: {before[name][0]:.1%} of guesses right without the pad and {after[name][0]:.1%} with it, "
        f"{before[name][1]:.1%} and {after[name][1]:.1%} from both forms of a visit"
        for name in PAIRS
    )
    worst = max(max(each) for each in after.values())
    result = f"{TIMES} visits of each kind, {len(answers)} sequence of answers' sizes; {told}."
    return Outcome(len(answers) == 1 and worst <= BOUND, result)


def _play(visits: Visits) -> dict[str, list[list[Exchange]]]:
    kinds: dict[str, Callable[[], list[Exchange]]] = {
        "report": visits.filed,
        "report on travel": lambda: visits.filed("travel"),
        "reading": visits.read,
        "message": visits.wrote,
    }
    return {name: [play() for _ in range(TIMES)] for name, play in kinds.items()}


def _accuracies(played: dict[str, list[list[Exchange]]], pair: tuple[str, str]) -> tuple[float, float]:
    """From the first form alone, and from both."""
    one, two = (accuracy(played[pair[0]], played[pair[1]], posts) for posts in (1, 2))
    return one, two


@contextmanager
def _world() -> Iterator[WebWorld]:
    """A portal that stretches keys with little memory: sizes do not depend on it."""
    with tempfile.TemporaryDirectory() as folder, patch.object(limits, "ARGON2_KIB", 64):
        world = WebWorld(Path(folder))
        with closing(world.store):
            yield world
