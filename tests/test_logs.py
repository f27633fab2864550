"""What the portal's log may hold, tried with every kind of error and with whoever might speak."""

import builtins
import io
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from types import TracebackType

import pytest
import sqlalchemy.exc
import werkzeug.exceptions

from portal import errors, logs

CANARY = "kanarienvogel 203.0.113.7 /fr/report/travel"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log of a portal, which this process is for the time of a test."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level, sys.excepthook, threading.excepthook, logging.raiseExceptions
    with warnings.catch_warnings():
        logs.configure(stream)
        yield stream
    root.handlers, root.level, sys.excepthook, threading.excepthook, logging.raiseExceptions = before


def kinds() -> list[type[BaseException]]:
    """Every kind of error that a library of ours, Python, or a page can raise with one message."""
    found: list[type[BaseException]] = []
    waiting: list[type[BaseException]] = [BaseException]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.partition(".")[0] in ("builtins", "sqlalchemy", "werkzeug", "portal", "sqlite3", "binascii"):
            found.append(kind)
    return found


def made(kind: type[BaseException]) -> BaseException | None:
    try:
        return kind(CANARY)
    except TypeError:
        return None


ERRORS = [error for kind in kinds() if (error := made(kind)) is not None]
FOREIGN = [error for error in ERRORS if not isinstance(error, errors.PortevoixError)]


def test_enough_kinds_are_tried() -> None:
    known = {type(error) for error in FOREIGN}
    assert {
        builtins.ValueError,
        builtins.KeyError,
        sqlalchemy.exc.SQLAlchemyError,
        werkzeug.exceptions.NotFound,
    } <= known
    assert len(known) > 60


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
def test_an_error_of_another_says_its_kind_only(written: io.StringIO, error: BaseException) -> None:
    log = logging.getLogger("portal.web")
    log.error("It failed: %s", error)
    log.error(error)
    try:
        raise error
    except BaseException:
        log.exception("It failed.")
        log.error("It failed.", exc_info=True)
    lines = written.getvalue().splitlines()
    assert lines[0] == f"It failed: {type(error).__name__}"
    assert lines[1] == type(error).__name__
    assert lines[2] == lines[3] == f"It failed. ({type(error).__name__} at an unknown place)"
    assert len(lines) == 4


def test_our_own_sentence_is_said(written: io.StringIO) -> None:
    logging.getLogger("portal").warning("%s", errors.StoreFull("There is no room: make some."))
    assert written.getvalue() == "There is no room: make some.\n"


@pytest.mark.parametrize("name", logs.OURS)
def test_what_is_heard_of_ours(written: io.StringIO, name: str) -> None:
    log = logging.getLogger(f"{name}.part")
    log.debug("A detail.")
    log.info("It began.")
    assert written.getvalue() == "It began.\n"


def test_the_place_in_our_code(written: io.StringIO) -> None:
    try:
        logs.Sentences().format(None)  # type: ignore[arg-type]
    except AttributeError:
        logging.getLogger("portal").exception("It failed.")
    assert written.getvalue().startswith("It failed. (AttributeError at portal/logs.py:")


@pytest.mark.parametrize("name", ["root", "waitress", "waitress.queue", "werkzeug", "stem", "sqlalchemy", "portals"])
@pytest.mark.parametrize("level", [logging.DEBUG, logging.CRITICAL])
def test_nobody_else_is_heard(written: io.StringIO, name: str, level: int) -> None:
    logging.getLogger(None if name == "root" else name).log(level, CANARY)
    assert written.getvalue() == ""


STRANGE = {
    "a line break": ("One\nTwo\r\x1b[31m", (), "One Two  [31m"),
    "too long": ("x" * 10_000, (), "x" * logs.LINE_CHARACTERS),
    "too few values": ("%s and %s", ("one",), "Something was to be said here, and could not be."),
    "a dictionary": ("%s", ([CANARY],), "list"),
    "bytes": ("%s", (CANARY.encode(),), "bytes"),
    "a number": ("%d of %.1f", (3, 4.5), "3 of 4.5"),
}


@pytest.mark.parametrize(("said", "values", "line"), STRANGE.values(), ids=STRANGE)
def test_strange_lines(written: io.StringIO, said: str, values: tuple[object, ...], line: str) -> None:
    logging.getLogger("portal").warning(said, *values)
    assert written.getvalue() == line + "\n"


PROGRAMS = {
    "in the main thread": "raise ValueError(canary)",
    "in another thread": "import threading; t = threading.Thread(target=int, args=(canary,)); t.start(); t.join()",
    "a warning": "import warnings; warnings.warn(canary)",
    "a handler that fails": "import logging; logging.getLogger('portal').error('%d', canary)",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_nobody_caught(program: str) -> None:
    code = f"import sys\nfrom portal import logs\nlogs.configure(sys.stderr)\ncanary = {CANARY!r}\n{program}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "kanarienvogel" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 1


def test_a_clean_exit_is_no_failure(written: io.StringIO) -> None:
    trace: TracebackType | None = None
    sys.excepthook(SystemExit, SystemExit(0), trace)
    assert written.getvalue() == ""
