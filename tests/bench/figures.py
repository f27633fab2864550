"""What is measured, and the bound that it has to keep."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table; `bound` is the least or the most that is allowed."""

    name: str
    value: float
    unit: str
    bound: float
    least: bool = False

    @property
    def ok(self) -> bool:
        return self.value >= self.bound if self.least else self.value <= self.bound

    def __str__(self) -> str:
        verdict, sign = "ok" if self.ok else "BROKEN", "≥" if self.least else "≤"
        return f"{verdict:<6}  {self.name:<62} {self.value:8.2f} {sign} {self.bound:5.2f} {self.unit}"
