"""All tables as text for other programs: JSON as it is printed, and one CSV file.

The CSV has one row for each row of each table, so that one file holds them all and any program can pick its table:

    table         name of the table, the same in every language
    title         the same in words
    by, value, label        the first dimension, its value, and that in words; empty where there is none
    and, and_value, and_label   the second dimension
    count         reports; empty if hidden
    median_days   only in the table `days`
"""

import csv
import io
from collections.abc import Iterator, Sequence

from portal.desk import console
from portal.desk.referring import inert
from portal.desk.statistics.labels import Labels
from portal.desk.statistics.tables import Row, Table

HEADER = (
    *("table", "title", "by", "value", "label", "and", "and_value", "and_label"),
    *("count", "median_days"),
)


def as_json(tables: Sequence[Table]) -> str:
    """A list of `{name, rows: [{…, count}]}`; `count` is null where it is hidden."""
    return console.as_json([table.as_json() for table in tables])


def as_csv(tables: Sequence[Table], labels: Labels) -> bytes:
    """UTF-8, RFC 4180; no cell begins as a formula does."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for table in tables:
        writer.writerows([inert.cell(cell) for cell in _row(table, row, labels)] for row in table.rows)
    return out.getvalue().encode()


def _row(table: Table, row: Row, labels: Labels) -> Iterator[str]:
    yield table.name
    yield labels.title(table)
    for place in range(2):
        known = place < len(table.dimensions)
        yield table.dimensions[place] if known else ""
        yield row.place[place] if known else ""
        yield labels.value(table.dimensions[place], row.place[place]) if known else ""
    yield "" if row.count is None else str(row.count)
    yield "" if row.median_days is None else f"{row.median_days:g}"
