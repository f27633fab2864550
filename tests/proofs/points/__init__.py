"""The portal and the operator's commands, killed at every point that has a name (tests/planted/dying_portal.py).

    table       the points
    serving     a portal that serves dies, starts again, and the reporter presses reload
    commands    a command dies, and is repeated

Where tests/proofs/killed strikes at random, here no moment between two steps is left to chance.
"""

import contextlib
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests import postgres
from tests.postgres import Server
from tests.proofs import Outcome

CLAIM = "Killed between two steps, the portal and its commands lose and double nothing, and done once more all is well."


@dataclass(frozen=True)
class Point:
    """Where somebody dies while they do something: `reached` is a name in `dying_portal`, for the `count`th time."""

    doing: str
    moment: str
    reached: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.doing}: {self.moment}"


@dataclass
class Tally:
    """What happened at which points."""

    deaths: int = 0
    problems: list[str] = field(default_factory=list)
    """What was not as it should be, with its point."""

    def add(self, point: Point, problems: Sequence[str]) -> None:
        """One death."""
        self.deaths += 1
        self.problems += [f"{point}: {problem}" for problem in problems]


def some(points: Sequence[Point], seed: int, count: int) -> list[Point]:
    """So many of the points, in their order; the same ones for each seed."""
    chosen = set(random.Random(seed).sample(range(len(points)), count))
    return [point for place, point in enumerate(points) if place in chosen]


def kill_at(serving_points: Sequence[Point], command_points: Sequence[Point], server: Server | None) -> Tally:
    """Die at all of these points, on PostgreSQL if there is a `server`."""
    from tests.proofs.points import commands, serving

    tally = Tally()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        if serving_points:
            serving.die(serving_points, tally, server)
        if command_points:
            commands.die(command_points, tally, server)
    return tally


def prove() -> Outcome:
    """Every point, on SQLite and on PostgreSQL."""
    from tests.proofs.points import table

    told, problems = [], []
    for kind, server in (("SQLite", None), ("PostgreSQL", postgres.server())):
        tally = kill_at(table.of_serving(server), table.of_commands(server), server)
        told.append(f"{kind}: {tally.deaths} deaths, each at a point of its own, {len(tally.problems)} problems")
        problems += [f"{kind}, {problem}" for problem in tally.problems]
    return Outcome(not problems, f"{'; '.join(told)}. {' | '.join(problems)}".strip())
