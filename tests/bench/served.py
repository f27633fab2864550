"""`portal serve` in a process of its own for one topic, without tor, in a folder that goes with it."""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.parts import Portal, serving


@contextlib.contextmanager
def portal() -> Iterator[Portal]:
    """A portal that nobody has visited yet."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with silence():
            made = stack.enter_context(serving(folder, "--no-tor"))
        yield made


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """What `portal init` tells an operator is of no use here."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
