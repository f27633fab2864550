"""The twins at small size, on both databases, and portals that keep more than they may, which they show."""

import pytest

from tests.planted.telling_store import FAULTS
from tests.postgres import Server
from tests.proofs.remains import compare

REPORTS = 24
REPORTS_WITH_A_FAULT = 12
KINDS = ("SQLite", "PostgreSQL")


@pytest.mark.parametrize("kind", KINDS)
def test_two_portals_cannot_be_told_apart(kind: str, postgres: Server) -> None:
    assert compare(kind, REPORTS, postgres) == []


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, (kinds, _) in FAULTS.items() for kind in kinds])
def test_a_portal_that_keeps_more_is_seen(name: str, kind: str, postgres: Server) -> None:
    with FAULTS[name][1]():
        assert compare(kind, REPORTS_WITH_A_FAULT, postgres)
