"""template: the texts of answers, as they ship or as this desk words them."""

import argparse
from pathlib import Path

from portal.desk import console, templating
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.report import STATUSES


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command("template", template, "Show the texts of answers, or change one.")
    added.add_argument("status", metavar="STATUS", nargs="?", choices=STATUSES, help="only this one")
    added.add_argument("language", metavar="LANGUAGE", nargs="?", choices=templating.ALL_LANGUAGES)
    added.add_argument(
        "--text-file", type=Path, metavar="FILE", help="the text from now on; an empty file brings back what ships"
    )


def template(options: argparse.Namespace) -> int:
    with base.open_(options, writing=options.text_file is not None) as desk:
        if options.text_file is not None:
            templating.put(desk, options.status or "", options.language or "", base.text_of(options.text_file))
        own = templating.own(desk.casebook)
        for status in [options.status] if options.status else STATUSES:
            for language in [options.language] if options.language else templating.ALL_LANGUAGES:
                mark = "  (this desk's own)" if (status, language) in own else ""
                print(f"{status}, {language}{mark}")
                print(console.indented(console.lines(templating.text(desk.casebook, status, language))) + "\n")
    return base.SUCCESS
