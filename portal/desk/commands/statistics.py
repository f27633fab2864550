"""stats: the yearly figures, for the desk or for the public."""

import argparse
from pathlib import Path

from portal.channels import load
from portal.desk import console, folder, labelling
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.desk.statistics import Period, Table, files, spanning, tables
from portal.desk.statistics.labels import LANGUAGES, Labels
from portal.desk.statistics.layout import Section, sections


def add(command: Command) -> None:
    """Add it to the command line."""
    counted = command("stats", stats, "Count the reports: how many, of what kind, and what became of them.")
    counted.add_argument("--public", action="store_true", help="hide what could point to a person, for publication")
    counted.add_argument("--from", dest="first", metavar="MONTH", help="the first month, such as 2026-01")
    counted.add_argument("--to", dest="last", metavar="MONTH", help="the last month")
    form = counted.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for other programs")
    form.add_argument("--csv", metavar="OUT", type=Path, help="into a new file, one table below the other")
    form.add_argument("--pdf", metavar="OUT", type=Path, help="into a new file, with charts")
    counted.add_argument("--language", choices=LANGUAGES, help="of the labels (default: the setting `labels`)")


def stats(options: argparse.Namespace) -> int:
    out = options.csv or options.pdf
    if out is not None:
        folder.check_free(out)
    channels = load()
    with base.open_(options) as desk:
        labels = Labels(options.language or labelling.language(desk.casebook), channels)
        period = spanning(desk.casebook, desk.today.isoformat()[:7], options.first, options.last)
        counted = tables(desk.casebook, period, options.public, channels)
        name, today = desk.name, desk.today
    if options.json:
        print(files.as_json(counted))
    elif options.csv:
        _write(options.csv, files.as_csv(counted, labels))
    elif options.pdf:
        # Only here: what draws the charts takes half a second to load.
        from portal.desk.statistics import document

        about = document.About(name, period, today, options.public)
        _write(options.pdf, document.write(counted, about, labels))
    else:
        print(_as_text(counted, period, labels, public=options.public))
    if out is not None:
        print(f"The figures are in {out}.")
    if out is not None and not options.public:
        base.advise("They are complete, for the desk only. For publication: desk stats --public")
    return base.SUCCESS


def _write(out: Path, data: bytes) -> None:
    with folder.new_file(out) as file:
        file.write(data)


def _as_text(counted: list[Table], period: Period, labels: Labels, *, public: bool) -> str:
    first, last = labels.month(period.first), labels.month(period.last)
    head = f"{labels.word('period', first=first, last=last)}\n{labels.word('about_report')}"
    if public:
        head += "\n" + labels.word("about_public", mark=labels.word("hidden_mark"))
    return "\n\n".join([head, *(_table(section, labels) for section in sections(counted, labels))])


def _table(section: Section, labels: Labels) -> str:
    if section.table.is_hidden:
        return f"{section.title}\n    {labels.word('all_hidden')}"
    shown = console.table([section.header, *section.rows])
    return f"{section.title}\n{console.indented(shown)}"
