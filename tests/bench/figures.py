"""What is measured, its floor, and the bound that it has to keep."""

import math
from dataclasses import dataclass
from typing import TypedDict

RATE = "/s"
"""How the units of rates end. Of a rate more is better, of everything else less."""


class Record(TypedDict):
    """A figure as JSON; what there is not is null."""

    name: str
    value: float | None
    unit: str
    floor: float | None
    ratio: float | None
    bound: float | None
    ok: bool


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `floor` is the same in the same unit for work that does nothing of ours, in the same run. `bound` is the most that
    the ratio of the two may be, or where there is no floor the value; of a rate it is the least. What is not a number
    keeps no bound. Raises ValueError for a floor that is not above 0.
    """

    name: str
    value: float
    unit: str
    bound: float
    floor: float | None = None

    def __post_init__(self) -> None:
        if self.floor is not None and not self.floor > 0:
            raise ValueError(f"The floor of {self.name!r} is {self.floor}: nothing can be compared with it.")

    @property
    def ratio(self) -> float | None:
        """Value over floor."""
        return None if self.floor is None else self.value / self.floor

    @property
    def is_rate(self) -> bool:
        """Whether more is better."""
        return self.unit.endswith(RATE)

    @property
    def ok(self) -> bool:
        """Whether the bound is kept."""
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.bound if self.is_rate else judged <= self.bound

    def record(self) -> Record:
        """As JSON."""
        return Record(
            name=self.name,
            value=_rounded(self.value),
            unit=self.unit,
            floor=_rounded(self.floor),
            ratio=_rounded(self.ratio),
            bound=_rounded(self.bound),
            ok=self.ok,
        )

    def __str__(self) -> str:
        verdict, sign = "ok" if self.ok else "BROKEN", "≥" if self.is_rate else "≤"
        value = f"{shown(self.value)} {self.unit}".strip()
        floor = "" if self.floor is None else f", floor {shown(self.floor)}, ratio {shown(self.ratio)}"
        return f"{verdict:<6}  {self.name}: {value}{floor} ({sign} {shown(self.bound)})"


def shown(number: float | None) -> str:
    """A number for a person: three digits that count, or all before the point; a dash where there is none."""
    if number is None or not math.isfinite(number):
        return "–"
    if abs(number) >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.{max(0, 2 - math.floor(math.log10(abs(number))))}f}"


def _rounded(number: float | None) -> float | None:
    """Six digits that count: more are chance. JSON knows no infinity, and no number that is none."""
    return float(f"{number:.6g}") if number is not None and math.isfinite(number) else None
