"""The long proofs, at full size: `scripts/prove [NAME…] [--json]`. Their short, seeded parts are in the test suite.

A proof is a module with two names: `CLAIM`, one sentence that can be wrong, and `prove()`, which gives an `Outcome`.
It is loaded only when it is run, so that one may need what another machine does not have.
"""

import contextlib
import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, cast

MODULES: dict[str, str] = {
    "seizure": "tests.proofs.seizure",
    "remains": "tests.proofs.remains",
    "killed": "tests.proofs.killed",
    "points": "tests.proofs.points",
    "power": "tests.proofs.power",
    "desk-killed": "tests.proofs.desk_killed",
    "attacked": "tests.proofs.attacked",
    "flood": "tests.proofs.flood",
    "flood-tor": "tests.proofs.flood_tor",
    "traffic": "tests.proofs.traffic",
    "timing": "tests.proofs.timing",
    "booted": "tests.proofs.booted",
    "fuzz": "tests.proofs.fuzz",
    "mutation": "tests.proofs.mutation",
}
"""The module of each proof, by its name; in the order in which they run."""


@dataclass(frozen=True)
class Outcome:
    """What a proof found: whether the claim held, and the figures in one line."""

    ok: bool
    result: str


class Record(TypedDict):
    """One line of the results."""

    name: str
    claim: str
    result: str
    ok: bool
    seconds: float


def run(name: str) -> Record:
    """Run the proof `name`. One that fails by an exception, whatever it is, did not hold."""
    module = importlib.import_module(MODULES[name])
    prove = cast(Callable[[], Outcome], module.prove)
    begin = time.monotonic()
    try:
        # What the programs of a proof print is not its result.
        with contextlib.redirect_stdout(sys.stderr):
            outcome = prove()
    except Exception as error:  # noqa: BLE001  (the other proofs still run, and the result says which kind it was)
        outcome = Outcome(False, f"{type(error).__name__}: {error}")
    seconds = round(time.monotonic() - begin, 1)
    return Record(name=name, claim=str(module.CLAIM), result=outcome.result, ok=outcome.ok, seconds=seconds)
