"""Whether two kinds of answers take the same time: measured side by side, and judged by how often one is the slower.

In each round every kind is asked once, in an order drawn anew. If the kinds are alike, each is the slower of two in
half of the rounds, whatever else the machine does meanwhile: the sign test, which assumes nothing about how times are
distributed. What is shown is that the share is near a half: the bound has to hold for the whole interval of confidence,
so that too few rounds, or a noisy machine, cannot pass for a proof.
"""

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

DEVIATIONS = 3.3
"""Half the interval of confidence (99.9 %), standard deviations."""
Ask = Callable[[], object]


@dataclass(frozen=True)
class Comparison:
    """How the times of one kind stand to those of another, measured in the same rounds."""

    rounds: int
    slower: float
    """The share of rounds in which it was the slower one; ½ if they are alike."""
    shift: float
    """The median of the differences, seconds."""

    @property
    def margin(self) -> float:
        """Half the interval of confidence of `slower`."""
        return DEVIATIONS * 0.5 / math.sqrt(self.rounds)

    @property
    def chance(self) -> float:
        """How likely so large a difference from ½ is for kinds that are alike (two-sided p)."""
        return math.erfc(abs(self.slower - 0.5) * 2 * math.sqrt(self.rounds) / math.sqrt(2))

    def are_alike(self, bound: float) -> bool:
        """Whether it is shown that the share differs from ½ by at most `bound`."""
        return abs(self.slower - 0.5) + self.margin <= bound

    def __str__(self) -> str:
        return f"{self.slower:.1%} of {self.rounds} slower, {self.shift * 1e6:+.0f} µs, p = {self.chance:.2g}"


def measure(kinds: Mapping[str, Ask], rounds: int, chance: random.Random) -> dict[str, list[float]]:
    """The seconds that each kind took, one of each a round."""
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name in chance.sample(list(kinds), len(kinds)):
            begin = time.perf_counter()
            kinds[name]()
            times[name].append(time.perf_counter() - begin)
    return times


def compare(times: Sequence[float], with_: Sequence[float]) -> Comparison:
    """Compare two kinds, round by round."""
    pairs = list(zip(times, with_, strict=True))
    slower = sum((one > other) + 0.5 * (one == other) for one, other in pairs) / len(pairs)
    return Comparison(len(pairs), slower, statistics.median(one - other for one, other in pairs))
