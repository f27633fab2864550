"""The tables as JSON, CSV, pictures and PDF."""

import csv
import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pypdf
import pytest

from portal.channels import Channel
from portal.desk.statistics import Period, Row, Table, charts, document, files
from portal.desk.statistics.labels import LANGUAGES, Labels
from portal.desk.statistics.layout import sections
from portal.desk.statistics.tables import _tables
from tests.desk.statistics.test_public import PERIOD, count, invented


@pytest.fixture(scope="module")
def made(channels: Mapping[str, Channel]) -> dict[bool, list[Table]]:
    """Tables for the desk and for the public."""
    counted = count(invented(3, 300), channels, PERIOD, "quarter")
    return {False: list(_tables(counted, None)), True: list(_tables(counted, counted.hidden()))}


@pytest.mark.parametrize("public", [False, True])
def test_json_is_a_list_of_tables(made: dict[bool, list[Table]], public: bool) -> None:
    read = json.loads(files.as_json(made[public]))
    assert [table["name"] for table in read] == [table.name for table in made[public]]
    for table in read:
        assert table.keys() == {"name", "rows"}
        assert all(row["count"] is None or isinstance(row["count"], int) for row in table["rows"])
    assert any(row["count"] is None for table in read for row in table["rows"]) is public


def test_csv_holds_every_row_of_every_table(made: dict[bool, list[Table]], channels: Mapping[str, Channel]) -> None:
    text = files.as_csv(made[True], Labels("de", channels)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == sum(len(table.rows) for table in made[True])
    (website,) = [row for row in rows if (row["table"], row["value"]) == ("channel", "website")]
    assert website["label"] == "Websites"
    assert int(website["count"]) > 100
    assert "" in {row["count"] for row in rows}


def test_csv_has_no_formula(channels: Mapping[str, Channel]) -> None:
    table = Table("transferred", ("desk",), (Row(("=1+1",), 7), Row(("@x",), 8)))
    text = files.as_csv([table], Labels("en", channels)).decode()
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_words(language: str, made: dict[bool, list[Table]], channels: Mapping[str, Channel]) -> None:
    labels = Labels(language, channels)
    for section in sections(made[False], labels):
        assert section.title
        assert all(len(row) == len(section.header) for row in section.rows)
    for table in made[False]:
        for row in table.rows:
            assert "" not in labels.place(table, row)


def test_a_table_with_two_dimensions_has_its_sums_at_the_edge(
    made: dict[bool, list[Table]], channels: Mapping[str, Channel]
) -> None:
    (shown,) = [s for s in sections(made[False], Labels("en", channels)) if s.table.name == "channel-quarter"]
    body = [[int(cell) for cell in row[1:]] for row in shown.rows]
    assert all(sum(row[:-1]) == row[-1] for row in body)
    assert [sum(column) for column in zip(*body[:-1], strict=True)] == body[-1]


def test_a_picture_is_the_same_each_time_and_holds_no_date(made: dict[bool, list[Table]]) -> None:
    for table in made[False]:
        if charts.is_drawn(table):
            drawn = charts.svg(table)
            assert ET.fromstring(drawn).tag.endswith("svg")
            assert drawn == charts.svg(table)
            assert b"date>" not in drawn


def test_a_picture_needs_no_folder_of_its_own(tmp_path: Path) -> None:
    """With nowhere to keep its list of fonts, it draws all the same, and says nothing."""
    code = (
        "from portal.desk.statistics import Row, Table, charts;"
        "import sys; sys.stdout.buffer.write(charts.svg(Table('forwarded', ('to',), (Row(('police',), 7),))))"
    )
    nowhere = tmp_path / "file"
    nowhere.write_text("not a folder")
    env = {key: value for key, value in os.environ.items() if key != "MPLCONFIGDIR"}
    env |= {"HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere), "XDG_CONFIG_HOME": str(nowhere)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"<?xml")


@pytest.mark.parametrize(
    ("rows", "drawn"),
    [
        ([7, 3], True),
        ([7], False),
        ([0, 0], False),
        ([None, None], False),
        ([None, 9], True),
    ],
)
def test_what_is_drawn(rows: list[int | None], drawn: bool) -> None:
    table = Table("anonymous", ("anonymous",), tuple(Row((str(n),), value) for n, value in enumerate(rows)))
    assert charts.is_drawn(table) is drawn


@pytest.mark.parametrize(("public", "language"), [(False, "de"), (True, "fr")])
def test_the_pdf_is_tagged_and_can_be_searched(
    public: bool, language: str, made: dict[bool, list[Table]], channels: Mapping[str, Channel]
) -> None:
    labels = Labels(language, channels)
    about = document.About("police", Period("2025-11", "2026-11"), date(2026, 11, 25), public)
    data = document.write(made[public], about, labels)
    assert data == document.write(made[public], about, labels)
    read = pypdf.PdfReader(io.BytesIO(data))
    root = read.trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith(language)
    text = "\n".join(page.extract_text() for page in read.pages)
    for section in sections(made[public], labels):
        assert section.title in text
    assert labels.word("public_title" if public else "title") in text
