"""What all commands share: opening the desk, and words for people. Results go to standard output, advice to standard
error."""

import argparse
import shlex
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from portal.desk import asking, session
from portal.desk.session import Desk, open_desk
from portal.errors import DeskError

SUCCESS, FAILURE = 0, 1
LISTED = 20
"""So many cases or reasons are named one by one; the casebook knows them all."""
_TEXT_BYTES = 64 * 1024


class Run(Protocol):
    """Does a command; its exit status."""

    def __call__(self, options: argparse.Namespace, /) -> int: ...


class Command(Protocol):
    """Adds a command to the command line; the parser takes more arguments after DIR, or first if not for a `desk`."""

    def __call__(self, name: str, run: Run, text: str, *, desk: bool = True) -> argparse.ArgumentParser: ...


def advise(*lines: str) -> None:
    """Advice for a person, which no program has to skip."""
    sys.stdout.flush()
    for text in lines:
        print(text, file=sys.stderr)


def open_(options: argparse.Namespace, *, writing: bool = False) -> AbstractContextManager[Desk]:
    """The desk in `options.dir`, opened with the passphrase of `options`. Raises DeskError."""
    session.find(options.dir)
    passphrase = asking.passphrase(options.passphrase_file)
    return open_desk(options.dir, passphrase, options.person, writing=writing)


def text_of(path: Path) -> str:
    """The text of a file, at most 64 KiB. Raises DeskError."""
    try:
        with path.open("rb") as file:
            return file.read(_TEXT_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise DeskError(f"{path} cannot be read ({error.strerror}): look at its name.") from None
    except UnicodeDecodeError:
        raise DeskError(f"{path} is not UTF-8 text: save it as UTF-8 and do this again.") from None


def progress(done: int, total: int) -> None:
    """Show on a terminal how far something has come."""
    if sys.stderr.isatty() and (done % 10 == 0 or done == total):
        print(f"\r{done} of {total} items", end="\n" if done == total else "", file=sys.stderr, flush=True)


def count(number: int, one: str, many: str | None = None) -> str:
    """A number and what it counts."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def named(names: list[str]) -> str:
    """The first of `names`, after a colon."""
    if not names:
        return ""
    return ": " + ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")


def quoted(path: Path) -> str:
    """A path as the shell of this system takes it."""
    if sys.platform == "win32":
        return subprocess.list2cmdline([str(path)])
    return shlex.quote(str(path))


def add_desk(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which desk, and who works there."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="the desk's folder")
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        type=Path,
        help="a file whose first line is the passphrase; without it, it is asked for",
    )
    parser.add_argument("--person", default=session.PERSON, metavar="NAME", help="whose keyring (default: %(default)s)")


def add_id(parser: argparse.ArgumentParser) -> None:
    """The argument ID."""
    parser.add_argument("id", metavar="ID", help="the case, such as 2026-0001")


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option --json."""
    parser.add_argument("--json", action="store_true", help="for other programs")
