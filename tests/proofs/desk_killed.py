"""The desk's commands, killed before every step that changes the disk; the suite tries every fifth of them."""

import os
import re
import subprocess
import sys

from tests.proofs import Outcome
from tests.proofs.page import ROOT

CLAIM = "Killed before any step, a command of the desk loses and doubles nothing, and done once more it ends well."
TESTS = "tests/desk"
CHOSEN = "killed or broken_off or destroyed"


def prove() -> Outcome:
    """All these tests, with every step."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS, "-k", CHOSEN]
    environment = {**os.environ, "KILL_STRIDE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1]
    counted = re.findall(r"(\d+) (passed|failed|errors?)", last)
    told = ", ".join(f"{number} {kind}" for number, kind in counted) or last
    return Outcome(done.returncode == 0, f"{told} of the tests that kill, at every step.")
