"""Crowds that come through Tor beside a reporter who does, at the onion service as deployed: tests/flood/onion.py.

All is on one machine: the relays of a private Tor network, the attackers and their tors, the portal and its tor, the
reporter. They share its processors, so what is measured is slower than the same crowd elsewhere would make it.

tor asks visitors for work only when more come than it takes from its queue, 250 a second. No machine of this size can
bring so many, so the last flood meets a queue that is narrower, in the same proportion: tests/planted/narrow_portal.py.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.e2e import parts
from tests.flood.onion import Onion, onion, visitors
from tests.proofs import Outcome
from tor import PrivateNetwork

CLAIM = (
    "A text report gets through Tor within a minute, whatever crowd is at the onion service, with proof of work and "
    "without; in a flood that is more than tor's queue takes, as soon as tor asks for work."
)
BOUND_SECONDS = 60.0
TORS = 4
"""Of the attackers."""
BESIDE = 2
"""Reports that are measured alone, and beside each crowd."""
CROWDS: dict[str, dict[str, int]] = {
    "1,000 idle connections": {"idle": 1_000},
    "slowloris, 300 × headers and 300 × bodies": {"slowloris": 300, "trickle": 300},
    "100 that enter wrong receipts": {"receipts": 100},
    (FLOOD := "80 that build circuits again and again"): {"circuits": 80},
}
ARRIVED = 0.5
"""Part of a crowd that must have come before anything is measured."""
NARROW_RATE = 5
"""Rendezvous a second."""
QUEUED = 100
"""Who waits when a first report is tried: by then what tor's queue had saved up is spent."""
ASKED_SECONDS = 400.0
"""tor looks every 300 seconds whether it must ask for work, or for more."""


def prove() -> Outcome:
    """Each crowd with proof of work and without, and a flood that tor asks work for."""
    said = []
    reports = BESIDE * (1 + len(CROWDS))
    with PrivateNetwork() as network, visitors(network, TORS + reports) as tors:
        attackers, reporters = tors[:TORS], tors[TORS:]
        with (
            patch.object(parts, "PORTAL", (sys.executable, "-m", "tests.planted.narrow_portal", str(NARROW_RATE))),
            _served(network, attackers, reporters) as service,
        ):
            narrow, seconds = _asked_for_work(service)
        slowest = [seconds]
        for work in (True, False):
            with _served(network, attackers, reporters, work) as service:
                found = {"alone": _slowest(service)} | dict(_beside(service))
            told = "; ".join(f"{name}: {seconds:.1f} s" for name, seconds in found.items())
            said.append(f"{'With' if work else 'Without'} proof of work, slowest of {BESIDE}: {told}.")
            slowest += found.values()
    return Outcome(max(slowest) <= BOUND_SECONDS, " ".join([f"{os.cpu_count()} processors.", *said, narrow]))


@contextmanager
def _served(
    network: PrivateNetwork, attackers: Sequence[Path], reporters: Sequence[Path], work: bool = True
) -> Iterator[Onion]:
    with (
        tempfile.TemporaryDirectory() as folder,
        onion(Path(folder), network, attackers, reporters, proof_of_work=work) as service,
    ):
        yield service


def _slowest(service: Onion) -> float:
    return max(service.report_seconds(BOUND_SECONDS) for _ in range(BESIDE))


def _beside(service: Onion) -> Iterator[tuple[str, float]]:
    for name, kinds in CROWDS.items():
        with service.crowd(ARRIVED, **kinds) as attack:
            begin, before = time.monotonic(), service.gauge.read()
            seconds = _slowest(service)
            after = service.gauge.read()
            rate = (after["intro_num_total"] - before["intro_num_total"]) / (time.monotonic() - begin)
        yield f"{name} ({attack.there:,} came, {rate:.0f} introductions a second)", seconds


def _asked_for_work(service: Onion) -> tuple[str, float]:
    """Flood a narrow queue until tor asks for work: what is to be told, and how long a report takes from then on."""
    with service.crowd(ARRIVED, **CROWDS[FLOOD]):
        begin = time.monotonic()
        service.gauge.wait("rdv_pow_pqueue_count", QUEUED, BOUND_SECONDS)
        early = service.report_seconds(BOUND_SECONDS)
        service.gauge.wait("pow_suggested_effort", 1, ASKED_SECONDS)
        asked, flooded = time.monotonic() - begin, service.gauge.read()
        seconds = _slowest(service)
    rate = flooded["intro_num_total"] / asked
    first = "none within a minute" if early > BOUND_SECONDS else f"{early:.1f} s"
    told = (
        f"Through a queue that tor empties {NARROW_RATE} times a second, flooded {rate:.0f} times a second: {first} "
        f"before tor asks for work, which it does after {asked:.0f} s (effort {flooded['pow_suggested_effort']:.0f}, "
        f"{flooded['rdv_pow_pqueue_count']:.0f} waiting); from then on {seconds:.1f} s."
    )
    return told, seconds
