"""The page of claims: its commands are there, and it says what the results say."""

import json
from pathlib import Path

import pytest

from tests.proofs import MODULES, page

CLAIMS = [claim for group in page.claims()["group"] for claim in group["claim"]]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["claim"][:40])
def test_every_command_is_there(claim: dict[str, object]) -> None:
    assert set(claim) <= {"claim", "proof", "tests", "gap"}
    assert claim.get("proof", "seizure") in MODULES
    tests = claim["tests"]
    assert isinstance(tests, list)
    assert tests
    for test in tests:
        assert (page.ROOT / str(test)).is_file(), test
        assert Path(str(test)).name.startswith("test_")


def test_every_proof_stands_for_a_claim() -> None:
    assert {claim.get("proof") for claim in CLAIMS} >= set(MODULES)


def test_the_page_is_the_newest() -> None:
    results = json.loads(page.RESULTS.read_text("utf-8"))
    assert page.PAGE.read_text("utf-8") == page.page(results), "run python -m tests.proofs.page"


def test_a_claim_that_broke_is_seen_at_once() -> None:
    broken = [{"name": "seizure", "claim": "…", "result": "1 found.", "ok": False, "seconds": 1.0}]
    assert "**broken**: 1 found." in page.page(broken)
