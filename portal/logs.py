"""The one way into the portal's log: sentences of our own, and nothing of a request.

Rules kept here:
- Only the portal's own loggers and tor's adapter are heard; what a library says is dropped, whatever it is.
- An error that is not ours is told as its kind and the line of code that it comes from, never by its message, which
  could carry what was typed. That holds for what is logged, and for what nobody caught.
- A line has no time, and is one line; what keeps the log (journald) knows the time of its own.

    ERROR    a request or a duty failed
    WARNING  something the operator should mend
    INFO     the portal began, changed its state, ended
"""

import logging
import sys
import threading
import traceback
import warnings
from pathlib import Path
from types import TracebackType
from typing import TextIO

from portal.errors import PortevoixError

OURS = ("portal", "tor")
"""Names of loggers that are heard, with all below them."""
LEVEL = logging.INFO
"""The least that is heard."""
LINE_CHARACTERS = 500
"""The longest line."""
_ROOT = Path(__file__).parent.parent


def configure(stream: TextIO) -> None:
    """Let the log go to `stream`, by these rules, for the rest of this process."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(_is_ours)
    handler.setFormatter(Sentences())
    logging.basicConfig(handlers=[handler], force=True)
    logging.raiseExceptions = False
    for name in OURS:
        logging.getLogger(name).setLevel(LEVEL)
    # A warning of Python's names a file and a line of source, and some quote a value.
    warnings.simplefilter("ignore")
    sys.excepthook = _uncaught
    threading.excepthook = lambda thread: _uncaught(thread.exc_type, thread.exc_value, thread.exc_traceback)


def place(trace: TracebackType | None) -> str:
    """File and line of the last frame in our own code."""
    frames = [frame for frame in traceback.extract_tb(trace) if Path(frame.filename).is_relative_to(_ROOT)]
    ours = [frame for frame in frames if Path(frame.filename).relative_to(_ROOT).parts[0] in OURS]
    if not ours:
        return "an unknown place"
    return f"{Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno}"


class Sentences(logging.Formatter):
    """Writes a record as one line, by the rules of this module."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        arguments = record.args if isinstance(record.args, tuple) else ()
        try:
            said = str(record.msg) % tuple(map(_said, arguments)) if arguments else str(_said(record.msg))
        except (TypeError, ValueError):
            said = "Something was to be said here, and could not be."
        if record.exc_info and record.exc_info[0] is not None:
            said += f" ({record.exc_info[0].__name__} at {place(record.exc_info[2])})"
        line = "".join(character if character.isprintable() else " " for character in said)
        return line[:LINE_CHARACTERS]


def _said(value: object) -> object:
    """What of a value may stand in a line: our own sentences, texts and numbers; of any other only its kind."""
    if isinstance(value, BaseException) and not _is_sentence(value):
        return type(value).__name__
    if isinstance(value, str | int | float) or _is_sentence(value) or type(value).__module__.startswith("tor."):
        return value if isinstance(value, int | float) else str(value)
    return type(value).__name__


def _is_sentence(value: object) -> bool:
    return isinstance(value, PortevoixError) or type(value).__module__.partition(".")[0] == "tor"


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _uncaught(kind: type[BaseException], value: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, SystemExit):
        logging.getLogger("portal").critical("The portal failed: %s at %s.", kind.__name__, place(trace))
