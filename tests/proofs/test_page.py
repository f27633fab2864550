"""The page of claims: its commands are there, it leaves out no adversary, and it says what the results say."""

import json
import re
from pathlib import Path

import pytest

from tests.proofs import MODULES, page

CLAIMS = [claim for group in page.claims()["group"] for claim in group["claim"]]
THREATS = page.ROOT / "docs" / "threat-model.md"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["claim"][:40])
def test_every_command_is_there(claim: dict[str, object]) -> None:
    assert set(claim) <= {"claim", "adversaries", "proof", "tests", "gap"}
    assert claim.get("proof", "seizure") in MODULES
    tests = claim["tests"]
    assert isinstance(tests, list)
    assert tests
    for test in tests:
        assert (page.ROOT / str(test)).is_file(), test
        assert Path(str(test)).name.startswith("test_")


def test_every_proof_stands_for_a_claim() -> None:
    assert {claim.get("proof") for claim in CLAIMS} >= set(MODULES)


def adversaries(text: str) -> list[str]:
    """The first cells of the threat model's table of adversaries."""
    (section,) = re.findall(r"^## Who can do what\n(.*?)^## ", text, re.DOTALL | re.MULTILINE)
    rows = re.findall(r"^\| (.*?) \|", section, re.MULTILINE)
    assert rows[:2] == ["adversary", "---"]
    return rows[2:]


def uncovered(named: list[str]) -> set[str]:
    """Adversaries without a claim, and those of a claim that the threat model does not name (any more)."""
    return set(named) ^ {adversary for claim in CLAIMS for adversary in claim.get("adversaries", ())}


def test_every_adversary_has_a_claim_and_every_claim_its_adversary() -> None:
    assert uncovered(adversaries(THREATS.read_text("utf-8"))) == set()


def test_a_row_more_and_a_row_that_is_gone_are_noticed() -> None:
    text = THREATS.read_text("utf-8")
    first, *others = adversaries(text)
    more = text.replace(f"| {first} |", f"| reads minds | everything | - |\n| {first} |")
    assert uncovered(adversaries(more)) == {"reads minds"}
    assert uncovered(others) == {first}


def test_the_page_is_the_newest() -> None:
    results = json.loads(page.RESULTS.read_text("utf-8"))
    assert page.PAGE.read_text("utf-8") == page.page(results), "run python -m tests.proofs.page"


def test_a_claim_that_broke_is_seen_at_once() -> None:
    broken = [{"name": "seizure", "claim": "…", "result": "1 found.", "ok": False, "seconds": 1.0}]
    assert "**broken**: 1 found." in page.page(broken)
