"""Months, and the wider periods that they are put together to."""

import re
from dataclasses import dataclass
from typing import Literal

from portal.errors import DeskError

Step = Literal["month", "quarter", "year", "period"]
STEPS: tuple[Step, ...] = ("month", "quarter", "year", "period")
"""From the finest to the widest; the last is the whole of what is counted."""
_MONTH = re.compile("(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])")
_MOST_MONTHS = 100 * 12


@dataclass(frozen=True)
class Period:
    """From the first to the last month, both included: 2026-01."""

    first: str
    last: str

    def __post_init__(self) -> None:
        for month in (self.first, self.last):
            if not _MONTH.fullmatch(month):
                raise DeskError("A month is written like 2026-01: say it so.")
        if self.first > self.last:
            raise DeskError(f"{self.first} is after {self.last}: give the earlier month with --from.")
        if _number(self.last) - _number(self.first) >= _MOST_MONTHS:
            raise DeskError("The period is longer than a hundred years: look at the months.")

    def __contains__(self, month: str) -> bool:
        return self.first <= month <= self.last

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first}/{self.last}"

    def months(self) -> list[str]:
        """Every month of it."""
        return [
            f"{number // 12:04}-{number % 12 + 1:02}" for number in range(_number(self.first), _number(self.last) + 1)
        ]

    def parts(self, step: Step) -> list[str]:
        """The parts of it, in order: months, quarters (2026-Q1), years, or itself. The ends may be incomplete."""
        return list(dict.fromkeys(self.part(month, step) for month in self.months()))

    def part(self, month: str, step: Step) -> str:
        """The part that a month belongs to."""
        match step:
            case "month":
                return month
            case "quarter":
                return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"
            case "year":
                return month[:4]
            case "period":
                return str(self)


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1
