"""`desk …`: the command line of a caseworker. Exit status 0, 1 with one line `error: …`, or 2 for a wrong call."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from portal.channels import LANGUAGES
from portal.desk import commands, console
from portal.desk.session import PERSON
from portal.errors import PortevoixError
from portal.report import STATUSES

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


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
        return commands.FAILURE
    except OSError as error:
        if error.errno in _NO_ROOM:
            return _fail("The disk is full: make room and do this again; what was stored before is safe.")
        return _fail(f"{error.filename or 'A file'} cannot be used ({error.strerror}): look at it and its rights.")
    except KeyboardInterrupt:
        return _fail("Stopped; what was stored before is safe, and the command can be given again.")


def _fail(sentence: str) -> int:
    commands.advise(f"error: {console.line(sentence)}")
    return commands.FAILURE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="desk", description="The desk: reads reports, answers them, never goes online.", allow_abbrev=False
    )
    commands_ = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands_.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(run=run)
        added.add_argument("dir", metavar="DIR", type=Path, help="the desk's folder")
        added.add_argument(
            "--passphrase-file",
            metavar="FILE",
            type=Path,
            help="a file whose first line is the passphrase; without it, it is asked for",
        )
        added.add_argument("--person", default=PERSON, metavar="NAME", help="whose keyring (default: %(default)s)")
        return added

    init = command("init", commands.init, "Make a new desk in an empty folder.")
    init.add_argument("--desk", required=True, metavar="NAME", help="its name in the portal's configuration: police")

    import_ = command("import", commands.import_, "Import a bundle that the portal exported.")
    import_.add_argument("bundle", metavar="BUNDLE", type=Path)
    import_.add_argument(
        "--portal-key", metavar="FILE", type=Path, help="the portal's portal.pub: needed with its first bundle"
    )
    import_.add_argument("--portal-name", metavar="NAME", help="what to call a portal that is new here")

    list_ = command("list", commands.list_, "List the cases: the urgent ones first, then the oldest.")
    show = command("show", commands.show, "Show a case: all messages and answers.")
    for each in (list_, show):
        each.add_argument("--json", action="store_true", help="for other programs")
    show.add_argument("--answers", action="store_true", help="with --json: our own answers as well")
    show.add_argument("--language", choices=LANGUAGES, default="en", help="of the labels (default: %(default)s)")

    extract = command("extract", commands.extract_, "Take an attachment out, unopened, into a new file.")
    reply = command("reply", commands.reply_, "Answer the reporter, and give the case a status.")
    for each in (show, extract, reply):
        each.add_argument("id", metavar="ID", help="the case, such as 2026-0001")
    extract.add_argument(
        "number", metavar="N", type=int, help="which one, from 1, counted through all messages of the case"
    )
    extract.add_argument("out", metavar="OUT", type=Path, help="the new file")
    reply.add_argument("--status", required=True, choices=STATUSES)
    reply.add_argument("--text-file", metavar="FILE", type=Path, help="what to say, UTF-8 text of at most 4,000 bytes")
    reply.add_argument(
        "--follow-up",
        metavar="DESK",
        nargs="+",
        help="desks that the reporter's further messages go to (default: this one)",
    )

    pack = command("pack", commands.pack, "Write a pack for the portal: acknowledgements and answers.")
    pack.add_argument("out", metavar="OUT", type=Path, help="the new file")
    pack.add_argument("--portal", metavar="NAME", help="for which portal, where the desk knows several")

    command("key", commands.key, "Show the desk's public keys and the portals that it knows.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
