"""Facts become cells: a number for each place in each table, and the sums that tie the cells to each other.

A cell is a tuple: the name of its table, then its place in it. The same number has one cell, in whatever tables it
stands. The sums are the ways in which somebody could reckon a hidden cell out of shown ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from portal.channels import LANGUAGES, LATER_LANGUAGES, Channel
from portal.desk.statistics.facts import FORWARDED, NOT_SAID, Fact, options
from portal.desk.statistics.periods import Period, Step
from portal.desk.statistics.suppression import THRESHOLD, Block, Cell, Sum, hide
from portal.report import STATUSES

TOTAL = ("reports",)
INSIDE = ("remit", "inside")
REVIEWED = ("days", "first-review")
_REMIT = {"none": "undecided", "outside": "outside", **dict.fromkeys(FORWARDED, "inside")}
_ONLY = {
    "outside-remit": ("outside",),
    "forwarded-police": ("police",),
    "forwarded-stopline": ("stopline",),
    "forwarded-other": ("other",),
}
"""What must have been decided last of a report with this status: the answer that gave it decides as well."""


@dataclass
class Count:
    """All cells of a period, in parts as `step` says. A cell that is not among `values` is 0."""

    period: Period
    step: Step
    places: dict[str, list[str]]
    """The values of each dimension, in the order in which they are shown."""
    values: Counter[Cell] = field(default_factory=Counter)
    days: dict[str, list[int]] = field(default_factory=dict)
    """How many days each report took to its first review and to its forwarding."""

    def add(self, fact: Fact, number: int) -> None:
        """Count `number` reports of one kind."""
        for cell in _cells(fact, self.step, self.period):
            self.values[cell] += number
        for name, days in (("first-review", fact.review_days), ("forwarding", fact.forward_days)):
            if days is not None:
                self.days.setdefault(name, []).extend([days] * number)

    def grid(self, table: str, *dimensions: str) -> Iterator[tuple[str, ...]]:
        """Every cell of a table with these dimensions, in order."""
        return ((table, *place) for place in product(*(self.places[name] for name in dimensions)))

    def hidden(self) -> set[Cell]:
        """The cells that the public must not see."""
        blocks = list(self._blocks())
        hidden: set[Cell] = {REVIEWED, *([TOTAL] if self.values[TOTAL] < THRESHOLD else [])}
        for block in blocks:
            hidden |= self._hidden(block, hidden)
        to_whom = [*self.grid("referred", "authority"), *self.grid("transferred", "desk")]
        linked = hidden & {INSIDE, *self.grid("forwarded", "to")}
        return hidden | {cell for cell in to_whom if linked or self.values[cell] < THRESHOLD}

    def _hidden(self, block: Block, hidden: set[Cell]) -> set[Cell]:
        """What to hide of a block, where `hidden` are the cells of those before it.

        The parts of one sum can be shown though their whole is hidden: what is safe beside a known whole is so beside
        an unknown one, and the parts that stay hidden, at least two and together no small number, leave the whole as
        open as it was. Where no part is hidden, or where several sums have that whole, nothing can be shown.
        """
        if not block.known & hidden:
            return hide(block, self.values)
        (whole,) = block.known
        if len(block.sums) == 1 and self.values[whole] >= THRESHOLD and (parts := hide(block, self.values)):
            return parts
        return set(block.cells())

    def shows_review(self, hidden: set[Cell]) -> bool:
        """Whether the public may see how long a first review took: only if enough reports are seen to have had one."""
        shown = [cell for cell in self.grid("status", "status") if cell not in hidden and cell[1] != "received"]
        return sum(self.values[cell] for cell in shown) >= THRESHOLD

    def _blocks(self) -> Iterator[Block]:
        """Sums that hang together, those that others build on first."""
        root = frozenset([TOTAL])
        step = self.step
        yield Block(_two_ways(self, TOTAL, f"channel-{step}", step, "channel"), root)
        for table, dimension in (("language", "language"), ("anonymous", "anonymous"), ("duplicates", "duplicate")):
            yield Block([Sum(TOTAL, tuple(self.grid(table, dimension)))], root)
        yield self._decisions()
        for channel, table, dimension in (
            ("travel", "travel-country", "country"),
            ("website", "website-site", "site_type"),
        ):
            whole = ("channel", channel)
            yield Block([Sum(whole, tuple(self.grid(table, dimension)))], frozenset([whole]))
        whole = ("channel", "grooming")
        sums = _two_ways(self, whole, "grooming-service-age", "service", "age_band", "grooming-service", "grooming-age")
        yield Block(sums, frozenset([whole]))

    def _decisions(self) -> Block:
        """Status and decision are two sides of one table that is never shown."""
        statuses, decisions = self.places["status"], ("none", "outside", *FORWARDED)
        possible = [
            ("status-decision", status, decision)
            for status, decision in product(statuses, decisions)
            if decision in _ONLY.get(status, decisions) or self.values["status-decision", status, decision]
        ]

        def of(place: int, value: str) -> tuple[Cell, ...]:
            return tuple(cell for cell in possible if cell[place] == value)

        sums = [Sum(("status", status), of(1, status)) for status in statuses]
        sums += [Sum(("remit", _REMIT[decision]), of(2, decision)) for decision in ("none", "outside")]
        sums += [Sum(("forwarded", decision), of(2, decision)) for decision in FORWARDED]
        sums.append(Sum(INSIDE, tuple(self.grid("forwarded", "to"))))
        sums += [Sum(TOTAL, tuple(self.grid(table, table))) for table in ("status", "remit")]
        return Block(sums, frozenset([TOTAL]), frozenset(possible))


def count(facts: Mapping[Fact, int], channels: Mapping[str, Channel], period: Period, step: Step = "month") -> Count:
    """Count the reports of a period."""
    chosen = {fact: number for fact, number in facts.items() if fact.month in period}
    made = Count(period, step, _places(chosen, channels, period, step))
    for fact, number in chosen.items():
        made.add(fact, number)
    return made


def _cells(fact: Fact, step: Step, period: Period) -> Iterator[Cell]:
    part = period.part(fact.month, step)
    yield TOTAL
    yield "channel", fact.channel
    yield step, part
    yield f"channel-{step}", part, fact.channel
    yield "language", fact.language
    yield "anonymous", "no" if fact.named else "yes"
    yield "status", fact.status
    yield "status-decision", fact.status, fact.decision
    yield "remit", _REMIT[fact.decision]
    if fact.decision in FORWARDED:
        yield "forwarded", fact.decision
    yield "duplicates", "yes" if fact.duplicate else "no"
    yield from (("referred", authority) for authority in fact.referred)
    yield from (("transferred", desk) for desk in fact.transferred)
    if fact.review_days is not None:
        yield REVIEWED
    match fact.channel:
        case "travel":
            yield "travel-country", fact.country
        case "grooming":
            yield "grooming-service", fact.service
            yield "grooming-age", fact.age
            yield "grooming-service-age", fact.service, fact.age
        case "website":
            yield "website-site", fact.site


def _places(facts: Iterable[Fact], channels: Mapping[str, Channel], period: Period, step: Step) -> dict[str, list[str]]:
    facts = list(facts)

    def known(values: Sequence[str], occurring: Iterable[str]) -> list[str]:
        return [*values, *sorted(set(occurring) - {*values, ""})]

    return {
        step: period.parts(step),
        "channel": known(tuple(channels), (fact.channel for fact in facts)),
        "language": known((*LANGUAGES, *LATER_LANGUAGES), (fact.language for fact in facts)),
        "anonymous": ["yes", "no"],
        "status": list(STATUSES),
        "remit": ["inside", "outside", "undecided"],
        "to": list(FORWARDED),
        "duplicate": ["yes", "no"],
        "authority": known((), (name for fact in facts for name in fact.referred)),
        "desk": known((), (name for fact in facts for name in fact.transferred)),
        "country": known((), (fact.country for fact in facts)),
        "service": known((*options(channels, "grooming", "service_type"), NOT_SAID), (fact.service for fact in facts)),
        "age_band": known((*options(channels, "grooming", "child_age_band"), NOT_SAID), (fact.age for fact in facts)),
        "site_type": known((*options(channels, "website", "site_type"), NOT_SAID), (fact.site for fact in facts)),
    }


def _two_ways(
    count: Count, whole: Cell, inner: str, one: str, other: str, of_one: str = "", of_other: str = ""
) -> list[Sum]:
    """The sums of a table with two dimensions, with the names of the tables that hold its rows' and columns' sums."""
    of_one, of_other = of_one or one, of_other or other
    ones, others = count.places[one], count.places[other]
    return [
        Sum(whole, tuple((of_one, value) for value in ones)),
        Sum(whole, tuple((of_other, value) for value in others)),
        *(Sum((of_one, value), tuple((inner, value, across) for across in others)) for value in ones),
        *(Sum((of_other, value), tuple((inner, down, value) for down in ones)) for value in others),
    ]
