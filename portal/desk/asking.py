"""What a command asks of the person in front of it: a passphrase, and whether a portal's key is the right one."""

import getpass
import sys
from pathlib import Path

import minisign

from portal import bundle
from portal.age import HybridIdentity
from portal.desk import portals
from portal.desk.paper import lines
from portal.errors import DeskError, PaperError, Refused

_PASSPHRASE_FILE_BYTES = 4096
_WORDS_TO_TYPE = 3


def at_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def passphrase(file: Path | None, *, new: bool = False, option: str = "--passphrase-file") -> str:
    """The first line of `file`, or what a person types; a `new` one is typed twice. Raises DeskError.

    `option` is the one that gives the file.
    """
    if file is not None:
        return _from_file(file)
    if not at_terminal():
        what = "new passphrase" if new else "passphrase"
        raise DeskError(f"There is nobody to ask for the {what}: give it with {option} FILE.")
    typed = getpass.getpass("New passphrase of the desk: " if new else "Passphrase of the desk: ")
    if new and getpass.getpass("The same once more: ") != typed:
        raise DeskError("The two passphrases are not the same: try again.")
    return typed


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            line = file.read(_PASSPHRASE_FILE_BYTES).split(b"\n")[0].removesuffix(b"\r").decode()
    except OSError as error:
        raise DeskError(f"The passphrase file {path} cannot be read ({error.strerror}): look at its name.") from None
    except UnicodeDecodeError:
        raise DeskError(f"The passphrase file {path} is not UTF-8 text: write the passphrase into it again.") from None
    if not line:
        raise DeskError(f"The first line of {path} is empty: write the passphrase there.")
    return line


def portal_key() -> minisign.PublicKey:
    """The key of the first portal, compared by a person with what the portal's operator reads out. Raises DeskError."""
    _say("This desk knows no portal yet. Its operator has its public key in the file portal.pub.")
    key = portals.read_key(Path(_ask("File with the portal's key: ")))
    _say("Let the operator read out the fingerprint of the key, not from the medium that brought the bundle.")
    typed = _ask(f"Type its first {_WORDS_TO_TYPE} words: ").lower().split()
    if typed[:_WORDS_TO_TYPE] != bundle.fingerprint(key)[:_WORDS_TO_TYPE]:
        raise Refused(
            "These are not the words of this key, and nothing was imported: "
            "the key or the bundle is not from that portal, or a word was misheard."
        )
    return key


def paper_lines() -> HybridIdentity:
    """What somebody types from a paper copy, line by line; a wrong one is asked for again. Raises DeskError."""
    if not at_terminal():
        raise DeskError("There is nobody to type the lines of the paper: give a text file with them.")
    _say(f"Type the {lines.LINES} lines of the paper copy. Small letters are as good, and blanks do not matter.")
    return lines.read("\n".join(_paper_line(number) for number in range(1, lines.LINES + 1)))


def _paper_line(number: int) -> str:
    while typed := _ask(f"Line {number}: "):
        try:
            lines.check_line(number, typed)
        except PaperError as error:
            _say(str(error))
        else:
            return typed
    raise DeskError("Nothing was typed, and nothing was changed.")


def new_key_words(portal: str) -> str:
    """The fingerprint of a portal's new key, as its operator reads it out."""
    _say(
        f"A new key of the portal {portal} is what a thief would announce: ring up somebody whose voice you know, on a"
    )
    _say("number that you had before, and let them read out the fingerprint of the new key.")
    return _ask(f"Type all {bundle.FINGERPRINT_WORDS} words: ")


def confirm(question: str) -> bool:
    """Whether a person types yes."""
    return _ask(question).lower() == "yes"


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _ask(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
