"""A handful of attackers at an onion address, beside a reporter who comes through Tor as well; and an onion service
that a flood does exhaust. `scripts/prove flood-tor` is the same at full size.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import parts
from tests.flood.onion import onion, visitors
from tor import PrivateNetwork

pytestmark = pytest.mark.e2e
BOUND_SECONDS = 60.0
LITTLE_SECONDS = 5.0
QUEUED = 60
"""Introductions before the report: none of them does any work, so it may be the next by chance, but not twice."""


@pytest.fixture(scope="module")
def tors(private_tor: PrivateNetwork) -> Iterator[list[Path]]:
    """One of the attackers, and one of a reporter."""
    with visitors(private_tor, 2) as made:
        yield made


def test_a_report_gets_through_tor(private_tor: PrivateNetwork, tors: list[Path], tmp_path: Path) -> None:
    with onion(tmp_path, private_tor, tors[:1], tors[1:]) as service:
        with service.crowd(0.9, idle=20, slowloris=10, trickle=10, receipts=4, circuits=4) as attack:
            assert service.report_seconds(BOUND_SECONDS) <= BOUND_SECONDS
        said = service.gauge.read()
    assert attack.answers["circuits"].keys() == {"built"}
    assert set(attack.answers["receipts"]) <= {"200", "503"}
    assert said["intro_num_total"] >= attack.answers["circuits"]["built"]
    assert said["pow_suggested_effort"] == 0


def test_a_service_that_a_flood_exhausts_is_noticed(
    private_tor: PrivateNetwork, tors: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes one rendezvous a second from its queue."""
    monkeypatch.setattr(parts, "PORTAL", (sys.executable, "-m", "tests.planted.narrow_portal", "1"))
    with onion(tmp_path, private_tor, tors[:1], tors[1:]) as service, service.crowd(0.1, circuits=30):
        service.gauge.wait("rdv_pow_pqueue_count", QUEUED, BOUND_SECONDS)
        assert service.report_seconds(LITTLE_SECONDS) > LITTLE_SECONDS
