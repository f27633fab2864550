"""The tables, and what each of them counts.

A report is one thread: a form that was sent, with everything that was added to it later. A follow-up is no report of
its own. A duplicate that was merged into another case is a report like any other: somebody sent it. A purged case goes
on being counted (`portal.desk.statistics.facts.keep`). All tables are about the reports whose first message was
received within the period; what became of them is what is known today, also if it happened after the period.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from portal.channels import Channel, load
from portal.desk import session
from portal.desk.casebook import Casebook
from portal.desk.statistics.counting import INSIDE, REVIEWED, TOTAL, Count, count
from portal.desk.statistics.facts import Fact, gather, months
from portal.desk.statistics.periods import STEPS, Period
from portal.desk.statistics.suppression import Cell

_YEARS_BACK, _YEARS_AHEAD = 50, 1
"""How far from today the figures reach where no months are asked for, years."""
_ENOUGH = 0.5
"""A table by period is fine enough when so many of the reports stand in cells that are shown."""


@dataclass(frozen=True)
class Row:
    """One line of a table: its place by the table's dimensions, and how many reports; None if that is hidden."""

    place: tuple[str, ...]
    count: int | None
    median_days: float | None = None
    """Only in the table `days`."""


@dataclass(frozen=True)
class Table:
    """One table. `name` and the names of `dimensions` stay the same in every language."""

    name: str
    dimensions: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of it can be shown."""
        return all(row.count is None and row.median_days is None for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """The table for other programs; `count` is null where it is hidden."""
        return {"name": self.name, "rows": [self._row(row) for row in self.rows]}

    def _row(self, row: Row) -> dict[str, Any]:
        more = {"median_days": row.median_days} if self.name == "days" else {}
        return {**dict(zip(self.dimensions, row.place, strict=True)), **more, "count": row.count}


def spanning(casebook: Casebook, now: str, first: str | None = None, last: str | None = None) -> Period:
    """From `first` to `last`, months such as 2026-01; without them, from the first report to the month `now`.

    A portal whose clock is far off does not stretch it: half a century back and a year ahead at most, unless asked for.
    Raises DeskError if one is not a month, or if they are in the wrong order.
    """
    earliest, latest = (f"{int(now[:4]) + years:04}{now[4:]}" for years in (-_YEARS_BACK, _YEARS_AHEAD))
    known = [min(max(month, earliest), latest) for month in months(casebook) or (now, now)]
    return Period(first or min(known[0], last or now), last or max(known[1], first or now, now))


def tables(
    casebook: Casebook,
    period: Period | None = None,
    public: bool = False,
    channels: Mapping[str, Channel] | None = None,
) -> list[Table]:
    """All tables of a period; without one, of all that there is up to this month.

    For the `public`, every number under 5 is hidden, and as many others as are needed so that no hidden one can be
    reckoned from what is shown, in the same table or in another; months become quarters, years or the whole period
    until half of the reports can be seen in the table by period and form; where that never is so, because a desk has
    nearly all of its reports from one form, until they can in the table by period alone. It holds for one publication:
    two of different days can be subtracted from each other.
    """
    known = load() if channels is None else channels
    facts = gather(casebook, known)
    chosen = period or spanning(casebook, session.now().strftime("%Y-%m"))
    if not public:
        return list(_tables(count(facts, known, chosen), None))
    return list(_tables(*finest(facts, known, chosen)))


def finest(facts: Mapping[Fact, int], channels: Mapping[str, Channel], period: Period) -> tuple[Count, set[Cell]]:
    """The count of a period in the smallest parts that show enough to the public, and what it hides."""
    tried = [(counted, counted.hidden()) for counted in (count(facts, channels, period, step) for step in STEPS)]
    by_form = [one for one in tried if _is_enough(*one, f"channel-{one[0].step}", one[0].step, "channel")]
    by_period = [one for one in tried if _is_enough(*one, one[0].step, one[0].step)]
    return (by_form or by_period or tried[-1:])[0]


def _is_enough(counted: Count, hidden: set[Cell], table: str, *dimensions: str) -> bool:
    shown = sum(counted.values[cell] for cell in counted.grid(table, *dimensions) if cell not in hidden)
    return shown >= _ENOUGH * counted.values[TOTAL]


def _tables(counted: Count, hidden: set[Cell] | None) -> Iterator[Table]:
    step = counted.step
    for name, *dimensions in (
        # All reports of the period.
        ("reports",),
        # By the form that was chosen; `unrecognised` is one that this desk has no file of.
        ("channel", "channel"),
        # By the day on which the portal received the first message.
        (step, step),
        (f"channel-{step}", step, "channel"),
        # Of the page on which the report was written.
        ("language", "language"),
        # `no`: the reporter chose to be contacted by name, e-mail or telephone.
        ("anonymous", "anonymous"),
        # What the reporter was told last.
        ("status", "status"),
        # By the last decision: `inside` was forwarded, `outside` was told so, `undecided` is the rest.
        ("remit", "remit"),
        # Of those inside the remit, to whom they went last.
        ("forwarded", "to"),
        # `yes`: merged into another case.
        ("duplicates", "duplicate"),
        # For whom a referral was made; a report counts once for each authority.
        ("referred", "authority"),
        # To which desk the thread was handed over; a report counts once for each desk.
        ("transferred", "desk"),
    ):
        yield _table(counted, hidden, name, *dimensions)
    yield _days(counted, hidden)
    for name, *dimensions in (
        ("travel-country", "country"),
        ("grooming-service", "service"),
        ("grooming-age", "age_band"),
        ("grooming-service-age", "service", "age_band"),
        ("website-site", "site_type"),
    ):
        yield _table(counted, hidden, name, *dimensions)


def _table(counted: Count, hidden: set[Cell] | None, name: str, *dimensions: str) -> Table:
    rows = (
        Row(cell[1:], None if hidden is not None and cell in hidden else counted.values[cell])
        for cell in counted.grid(name, *dimensions)
    )
    return Table(name, tuple(dimensions), tuple(rows))


def _days(counted: Count, hidden: set[Cell] | None) -> Table:
    """Median days from the first message to the first look, and to the first forwarding of those inside the remit.

    `count` is the number of reports that it is the median of.
    """
    rows = []
    for step, cell in (("first-review", REVIEWED), ("forwarding", INSIDE)):
        days = counted.days.get(step, [])
        middle = float(median(days)) if days else None
        if hidden is None:
            rows.append(Row((step,), len(days), middle))
            continue
        # How many were looked at is never told: with the statuses it could give a small number back.
        shown = counted.shows_review(hidden) if step == "first-review" else cell not in hidden
        rows.append(Row((step,), None if cell in hidden else len(days), middle if shown else None))
    return Table("days", ("step",), tuple(rows))
