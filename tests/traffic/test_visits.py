"""Visits as a watcher of the line sees them, against what docs/threat-model.md admits."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from portal.limits import KIB
from portal.web import pad
from tests.traffic.guessing import accuracy
from tests.traffic.visits import Exchange, Visits
from tests.web.world import WebWorld

DOCUMENT = Path(__file__).parents[2] / "docs" / "threat-model.md"
TIMES = 40
"""Visits of a kind, for the guesses; `scripts/prove traffic` plays many more."""
Row = tuple[int, int, tuple[int, ...]]
"""Requests, forms among them, and the KiB of each answer."""


@pytest.fixture
def visits(world: WebWorld) -> Visits:
    return Visits(world, random.Random(20))


def admitted() -> dict[str, Row]:
    """The table of the document."""
    rows = re.findall(r"^\| (\w[\w ]+) \| (\d+) \| (\d+) \| ([\d, ]+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return {kind: (int(all_), int(forms), tuple(map(int, sizes.split(", ")))) for kind, all_, forms, sizes in rows}


def seen(exchanges: Sequence[Exchange]) -> Row:
    sizes = tuple(exchange.down // KIB for exchange in exchanges)
    assert all(exchange.down % KIB == 0 for exchange in exchanges)
    return len(exchanges), sum(exchange.is_post for exchange in exchanges), sizes


def test_every_visit_shows_what_the_document_admits_and_no_more(visits: Visits) -> None:
    assert {kind: seen(play()) for kind, play in visits.kinds.items()} == admitted()


def test_no_size_and_no_count_of_answers_tells_who_files_who_reads_and_who_leaves(visits: Visits) -> None:
    for _ in range(5):
        kinds = [visits.filed(), visits.aborted(), visits.read(), visits.wrote()]
        assert len({tuple(exchange.down for exchange in visit) for visit in kinds}) == 1


def test_a_report_is_hardly_told_from_a_receipt_by_what_is_sent(visits: Visits) -> None:
    assert guessed(visits) < 0.85


def test_without_the_pad_it_would_be_told(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pad, "fill", lambda content, room: content)
    assert guessed(visits) > 0.9


def guessed(visits: Visits) -> float:
    return accuracy([visits.filed() for _ in range(TIMES)], [visits.read() for _ in range(TIMES)], posts=1)
