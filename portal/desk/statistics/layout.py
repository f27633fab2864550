"""Tables laid out for people: headings, columns and rows in words, the same for the page and for the PDF."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.desk.statistics.labels import Labels
from portal.desk.statistics.periods import STEPS
from portal.desk.statistics.tables import Row, Table

_MARGINS = {
    **{f"channel-{step}": (step, "channel", "reports") for step in STEPS},
    "grooming-service-age": ("grooming-service", "grooming-age", "channel"),
}
"""Tables with two dimensions: which tables have the sums of its rows and of its columns, and of all of it."""
_SUMS = {*STEPS, "grooming-service", "grooming-age"}
_BY_COUNT = {"travel-country", "referred", "transferred"}
_SHARED = {"channel", "language", "anonymous", "status", "remit", "duplicates"}
"""Tables whose rows are parts of all reports, so that a share says something."""


@dataclass(frozen=True)
class Section:
    """One table as it is shown. Cells are text; where there is a dimension, the first of a row names it."""

    table: Table
    title: str
    about: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width: one column for each value of the second dimension."""
        return len(self.table.dimensions) > 1


def sections(tables: Sequence[Table], labels: Labels) -> list[Section]:
    """What is shown, in order. Sums stand at the edge of the table with two dimensions that they belong to."""
    known = {table.name: table for table in tables}
    return [_section(table, known, labels) for table in tables if table.rows and table.name not in _SUMS]


def ordered(table: Table) -> list[Row]:
    """The rows as they are shown: those without an order of their own with the largest first, hidden ones last."""
    if table.name not in _BY_COUNT:
        return list(table.rows)
    return sorted(table.rows, key=lambda row: (row.count is None, -(row.count or 0), row.place))


def _section(table: Table, known: Mapping[str, Table], labels: Labels) -> Section:
    if len(table.dimensions) > 1:
        header, rows = _crossed(table, known, labels)
    elif table.name == "days":
        header = (labels.dimension("step"), labels.word("median_days"), labels.word("count"))
        rows = [
            (*labels.place(table, row), _number(row.median_days, labels), _number(row.count, labels))
            for row in table.rows
        ]
    elif not table.dimensions:
        header, rows = (labels.word("count"),), [(_number(row.count, labels),) for row in table.rows]
    else:
        whole = known["reports"].rows[0].count if table.name in _SHARED else None
        header = (labels.dimension(table.dimensions[0]), labels.word("count"))
        header += (labels.word("share"),) if whole else ()
        rows = [tuple(_simple(table, row, whole, labels)) for row in ordered(table)]
    return Section(table, labels.title(table), labels.about(table), header, tuple(rows))


def _simple(table: Table, row: Row, whole: int | None, labels: Labels) -> Iterator[str]:
    yield from labels.place(table, row)
    yield _number(row.count, labels)
    if whole:
        yield labels.word("hidden_mark") if row.count is None else labels.percent(row.count / whole)


def _crossed(table: Table, known: Mapping[str, Table], labels: Labels) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The first dimension down, the second across, and the sums of both at the edges."""
    down, across = table.dimensions
    of_rows, of_columns, of_all = (_counts(known[name]) for name in _MARGINS[table.name])
    counts = _counts(table)
    columns = list(dict.fromkeys(row.place[1] for row in table.rows))
    total = labels.word("total")
    rows = [
        (
            labels.value(down, first),
            *(_number(counts[first, second], labels) for second in columns),
            _number(of_rows[first,], labels),
        )
        for first in dict.fromkeys(row.place[0] for row in table.rows)
    ]
    whole = of_all["grooming",] if table.name == "grooming-service-age" else of_all[()]
    rows.append((total, *(_number(of_columns[column,], labels) for column in columns), _number(whole, labels)))
    return (labels.dimension(down), *(labels.value(across, column) for column in columns), total), rows


def _counts(table: Table) -> dict[tuple[str, ...], int | None]:
    return {row.place: row.count for row in table.rows}


def _number(number: float | None, labels: Labels) -> str:
    return labels.word("hidden_mark") if number is None else labels.number(number)
