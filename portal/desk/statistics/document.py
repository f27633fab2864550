"""All tables as a PDF with pictures, tagged (PDF/UA-1) and set in memory: no file is written on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any

import msgspec
import typst
from babel import Locale
from babel.dates import format_date

from portal.desk.referring import fonts
from portal.desk.statistics import charts
from portal.desk.statistics.labels import Labels
from portal.desk.statistics.layout import Section, sections
from portal.desk.statistics.periods import Period
from portal.desk.statistics.tables import Table
from portal.errors import DeskError

STANDARDS: list[Any] = ["a-2a", "ua-1"]


@dataclass(frozen=True)
class About:
    """Whose figures, of which period, made on which day, and for whom."""

    desk: str
    period: Period
    day: date
    public: bool


def write(tables: Sequence[Table], about: About, labels: Labels) -> bytes:
    """The bytes of the PDF. Raises DeskError if it cannot be set."""
    shown = sections(tables, labels)
    pictures = {
        f"chart-{number}": charts.svg(section.table, labels).decode()
        for number, section in enumerate(shown)
        if charts.is_drawn(section.table)
    }
    data = {**_words(about, labels), "sections": list(_sections(shown, pictures, labels))}
    inputs = {"data": msgspec.json.encode(data).decode(), **pictures}
    source = resources.files(__package__).joinpath("statistics.typ").read_bytes()
    compiler = typst.Compiler(source, font_paths=fonts.fonts(), ignore_system_fonts=True, sys_inputs=inputs)
    day = datetime.combine(about.day, datetime.min.time(), UTC)
    try:
        made = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=day)
    except typst.TypstError:
        raise DeskError("The PDF cannot be set: take --csv or --json, and tell the makers of Portevoix.") from None
    if not isinstance(made, bytes):
        raise DeskError("The PDF cannot be set: take --csv or --json, and tell the makers of Portevoix.")
    return made


def _words(about: About, labels: Labels) -> dict[str, Any]:
    day = format_date(about.day, "long", Locale.parse(labels.language))
    first, last = labels.month(about.period.first), labels.month(about.period.last)
    note = (
        labels.word("about_public", mark=labels.word("hidden_mark")) if about.public else labels.word("about_complete")
    )
    return {
        "title": labels.word("public_title" if about.public else "title"),
        "period": labels.word("period", first=first, last=last),
        "author": about.desk,
        "date": [about.day.year, about.day.month, about.day.day],
        "footer": labels.word("desk", desk=about.desk, day=day),
        "notes": [labels.word("about_report"), note],
        "page": labels.word("page"),
        "of": labels.word("of"),
        "language": labels.language,
        "families": fonts.families([]),
    }


def _sections(shown: Sequence[Section], pictures: dict[str, str], labels: Labels) -> Iterator[dict[str, Any]]:
    for number, section in enumerate(shown):
        chart = f"chart-{number}"
        yield {
            "title": section.title,
            "about": section.about,
            "header": section.header,
            "rows": section.rows,
            "wide": section.is_wide,
            "chart": chart if chart in pictures else None,
            "alt": labels.word("chart_of", title=section.title),
            "note": labels.word("all_hidden") if section.table.is_hidden else "",
        }
