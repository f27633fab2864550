"""Crowds of attackers beside one reporter, against `portal serve` as it is deployed: tests/flood."""

import tempfile
from pathlib import Path

from tests.e2e.parts import Portal, serving
from tests.flood.measure import crowd, report_seconds
from tests.proofs import Outcome

CLAIM = "A text report gets through within a minute, whatever crowd of attackers is at the portal."
BOUND_SECONDS = 60.0
ALONE, BESIDE = 3, 3
"""Reports that are measured without a crowd, and beside each."""
CROWDS: dict[str, dict[str, int]] = {
    "1,000 idle connections": {"idle": 1_000},
    "slowloris, 600 × headers and 600 × bodies": {"slowloris": 600, "trickle": 600},
    "600 that enter wrong receipts": {"receipts": 600},
    "all of these, 600 of each": {"idle": 600, "slowloris": 600, "receipts": 600},
}


def prove() -> Outcome:
    """Measure alone, and beside each crowd."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--no-tor") as portal:
        alone = max(report_seconds(portal.url) for _ in range(ALONE))
        slowest = {name: _beside(portal, kinds) for name, kinds in CROWDS.items()}
    told = "; ".join(f"{name}: {seconds:.1f} s" for name, seconds in slowest.items())
    return Outcome(max(slowest.values()) <= BOUND_SECONDS, f"Slowest of {BESIDE}: alone {alone:.1f} s; {told}.")


def _beside(portal: Portal, kinds: dict[str, int]) -> float:
    address = portal.url.removeprefix("http://")
    with crowd(address, address, **kinds):
        return max(report_seconds(portal.url) for _ in range(BESIDE))
