"""The walk, in a network namespace that is new: `unshare --net python -m tests.proofs.booted`. Prints its outcome."""

import contextlib
import dataclasses
import json
import sys
import tempfile
import traceback
from pathlib import Path

from tests.proofs import Outcome
from tests.proofs.booted import NOT_HERE, loopback
from tests.proofs.booted.machine import CannotBoot, Machine
from tests.proofs.booted.walk import Walk


def walk() -> Outcome:
    """Boot a machine and go through its life."""
    loopback.raise_it()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Machine() as machine:
                steps = Walk(machine, Path(folder))
                steps.all()
        except CannotBoot as error:
            return Outcome(False, f"{NOT_HERE}{error}.")
        except AssertionError as error:
            return Outcome(False, f"It went wrong at `{_step(error)}` {error}")
    return Outcome(True, f"{'; '.join(steps.told)}.")


def _step(error: AssertionError) -> str:
    """The line of the walk that raised it."""
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("walk.py")]
    return str(lines[-1]) if lines else "boot"


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        outcome = walk()
    print(json.dumps(dataclasses.asdict(outcome)))
