"""What happens when: a clock that is moved, and acts that wait for their hour."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

_SATURDAY = 5
_OPENS, _CLOSES = 8, 17
"""Working hours of a demonstration, UTC."""


class Clock:
    """The clock of a desk, which goes only when it is told to, and never back."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        return self._at

    def forward(self, to: datetime) -> None:
        self._at = max(self._at, to)


class Agenda:
    """Acts in the order of their hours."""

    def __init__(self, random: Random, clock: Clock) -> None:
        self._random = random
        self._clock = clock
        self._acts: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def plan(self, days: float, act: Callable[[], None]) -> None:
        """Do something so many days from now, within working hours; a fraction of a day is still today if it can."""
        at = self._clock() + timedelta(days=days)
        while at.weekday() >= _SATURDAY or at.hour >= _CLOSES:
            at = (at + timedelta(days=1)).replace(hour=_OPENS, minute=self._random.randrange(60))
        if at.hour < _OPENS:
            at = at.replace(hour=_OPENS + self._random.randrange(3), minute=self._random.randrange(60))
        heapq.heappush(self._acts, (at, next(self._numbers), act))

    def run(self, until: datetime) -> None:
        """Do everything that was planned before `until`."""
        while self._acts and self._acts[0][0] <= until:
            at, _, act = heapq.heappop(self._acts)
            self._clock.forward(at)
            act()
        self._clock.forward(until)
