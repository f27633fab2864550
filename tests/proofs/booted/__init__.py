"""The portal on a Debian 12 that is booted: deploy/ and docs/operations.md under a systemd that runs.

The walk runs in a process with a network of its own, in which there is nothing but its loopback and, on that, a private
Tor network: so neither tor nor the machine can reach anything else.
"""

import json
import subprocess
import sys

from tests.proofs import Outcome
from tests.proofs.booted.machine import ROOT, CannotBoot, bare
from tests.proofs.booted.operator import wheels

CLAIM = (
    "On a booted Debian 12 the operator's manual leads from the bare machine to a report over Tor and back to a bare "
    "machine, the units hold what they promise, and the journal keeps nothing of a visit."
)
NOT_HERE = "could not be run here: "
WALK_SECONDS = 3600.0


def prove() -> Outcome:
    """Boot a machine, and walk."""
    try:
        bare()
        wheels()
    except CannotBoot as error:
        return Outcome(False, f"{NOT_HERE}{error}.")
    command = ["unshare", "--net", sys.executable, "-m", "tests.proofs.booted"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT, timeout=WALK_SECONDS)
    try:
        return Outcome(**json.loads(done.stdout))
    except ValueError:
        return Outcome(False, f"{NOT_HERE}the walk ended with status {done.returncode}.")
