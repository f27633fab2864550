"""A few seeded trials of each database, and a portal that confirms too early, which they catch."""

import sys

import pytest

from tests.e2e import parts
from tests.postgres import Server
from tests.proofs.killed import siege

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_that_was_confirmed_is_lost_or_doubled(kind: str, request: pytest.FixtureRequest) -> None:
    server: Server | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    verdict = siege(4 if server else 3, seed=1, server=server)
    assert verdict.ok, str(verdict)
    assert verdict.confirmed > verdict.trials
    assert (verdict.stopped, verdict.killed) == ((1, 1) if server else (0, 0))


def test_a_portal_that_confirms_before_it_stores_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PORTAL", (sys.executable, "-m", "tests.planted.hasty_portal"))
    assert siege(2, seed=1).lost > 0
