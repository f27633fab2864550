"""`desk …`: the command line of a caseworker. Exit status 0, 1 with one line `error: …`, or 2 for a wrong call."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

from portal.desk import console, offline
from portal.desk.commands import MODULES
from portal.desk.commands.base import FAILURE, Run, add_desk, advise
from portal.errors import PortevoixError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def program() -> int:
    """The program `desk`: it cannot reach a network, and runs one command."""
    offline.enforce()
    return main()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows its code, and nothing breaks.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except PortevoixError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # Whoever read the output has gone; without this, Python complains once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except OSError as error:
        if error.errno in _NO_ROOM:
            return _fail("The disk is full: make room and do this again; what was stored before is safe.")
        return _fail(f"{error.filename or 'A file'} cannot be used ({error.strerror}): look at it and its rights.")
    except KeyboardInterrupt:
        return _fail("Stopped; what was stored before is safe, and the command can be given again.")


def _fail(sentence: str) -> int:
    advise(f"error: {console.line(sentence)}")
    return FAILURE


class _CommandParser(argparse.ArgumentParser):
    """Takes options between the arguments as well, also where an argument can be left out: `purge DIR --yes ID`."""

    _is_intermixed = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._is_intermixed:  # parse_known_intermixed_args itself calls this, for options and arguments apart
            return super().parse_known_args(args, namespace)
        self._is_intermixed = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_intermixed = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="desk",
        description="The desk: reads reports, answers them, never goes online.",
        epilog="The exit status is 0 when it is done, 1 after one line that begins with `error:`, 2 for a wrong call.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_CommandParser)

    def command(name: str, run: Run, text: str, *, desk: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(run=run, whole=parser, wrong=added.error)
        if desk:
            add_desk(added)
        return added

    for module in MODULES:
        module.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(program())
