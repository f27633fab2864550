"""A few seeded points of each database, and a portal that does in two steps what is one, which they catch."""

import sys

import pytest

from tests.postgres import Server
from tests.proofs.points import Point, commands, kill_at, serving, some, table

pytestmark = pytest.mark.e2e
PIECEMEAL = (sys.executable, "-m", "tests.planted.piecemeal_portal")
HALF_STORED = Point("report", "its first chunk stored", "INSERT INTO chunk")
HALF_TAKEN = Point("import", "an item acknowledged", "DELETE FROM waiting")


@pytest.mark.parametrize(("kind", "seed"), [("sqlite", 1), ("postgresql", 2)])
def test_nothing_is_lost_or_doubled(kind: str, seed: int, request: pytest.FixtureRequest) -> None:
    server: Server | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    tally = kill_at(some(table.of_serving(server), seed, 2), some(table.of_commands(server), seed, 4), server)
    assert tally.problems == []
    assert tally.deaths == 6


@pytest.mark.parametrize("points", [table.of_serving(None), table.of_commands(None)], ids=["serving", "commands"])
def test_every_point_is_a_moment_of_its_own(points: list[Point]) -> None:
    assert len({str(point) for point in points}) == len(points)
    assert len({(point.doing, point.reached, point.count) for point in points}) == len(points)


def test_a_portal_that_stores_an_item_in_two_transactions_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PROGRAM", PIECEMEAL)
    assert "a chunk without its item" in kill_at([HALF_STORED], [], None).problems[0]


def test_an_import_that_notes_its_counter_first_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "PROGRAM", PIECEMEAL)
    assert "still wait" in kill_at([], [HALF_TAKEN], None).problems[0]


def test_a_point_that_is_never_reached_is_told() -> None:
    assert "it did not die" in kill_at([], [Point("tend", "nowhere", "acknowledging")], None).problems[0]
