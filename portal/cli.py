"""The command `portal`: it reads arguments, runs one command, and turns errors into one line."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from portal import hygiene, logs
from portal.commands import MODULES
from portal.commands.base import Run
from portal.errors import PortevoixError


def program() -> int:
    """The program `portal`: a process that leaves no copy of its memory, and runs one command."""
    refused = hygiene.enforce()
    logs.configure(sys.stderr)
    if sys.argv[1:2] == ["serve"]:
        for sentence in refused:
            logging.getLogger("portal").warning("%s", sentence)
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is its own, or 1 after an error that was printed."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except PortevoixError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or 'a file'}: {error.strerror}: mend that, then try again.", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal", description="The online half of Portevoix.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Run, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        added.add_argument("--state", type=Path, required=True, metavar="DIR", help="the state folder")
        added.add_argument("--database", metavar="URL", help="another database than SQLite in the state folder")
        return added

    for module in MODULES:
        module.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(program())
