"""Guesses which of two kinds a visit was, from how many cells each of its requests took."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

from tests.traffic.visits import Exchange

_BIN_CELLS = (1, 4)
Sizes = tuple[int, ...]
"""The cells of each form of a visit."""
Guess = Callable[[Sizes], int]


def accuracy(one: Sequence[Sequence[Exchange]], other: Sequence[Sequence[Exchange]], posts: int) -> float:
    """The share of right guesses, ½ for chance, of whoever sees the first `posts` forms of a visit.

    Several guessers learn from the first half of each kind and guess the second; the best of them counts.
    """
    kinds = [_cells(one, posts), _cells(other, posts)]
    known = [seen[: len(seen) // 2] for seen in kinds]
    asked = [(kind, each) for kind, seen in enumerate(kinds) for each in seen[len(seen) // 2 :]]
    guessers = [_by_average(known), *(_by_frequency(known, width) for width in _BIN_CELLS)]
    return max(sum(guess(each) == kind for kind, each in asked) / len(asked) for guess in guessers)


def _by_average(known: Sequence[Sequence[Sizes]]) -> Guess:
    """The kind whose average of all forms together is nearer."""
    averages = [sum(map(sum, seen)) / len(seen) for seen in known]
    return lambda each: int(abs(sum(each) - averages[1]) < abs(sum(each) - averages[0]))


def _by_frequency(known: Sequence[Sequence[Sizes]], width: int) -> Guess:
    """The kind whose forms were so large more often, place by place; sizes within `width` cells count as one."""
    tables = [[Counter(size // width for size in place) for place in zip(*seen, strict=True)] for seen in known]

    def score(kind: int, each: Sizes) -> float:
        return sum(math.log(table[size // width] + 1) for table, size in zip(tables[kind], each, strict=True))

    return lambda each: int(score(1, each) > score(0, each))


def _cells(visits: Sequence[Sequence[Exchange]], posts: int) -> list[Sizes]:
    return [tuple(exchange.cells_up for exchange in visit if exchange.is_post)[:posts] for visit in visits]
