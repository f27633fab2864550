"""docs/assurance.md: every claim, how it is checked, what the last check found, and what it does not show.

Made of tests/proofs/claims.toml and of the results that `scripts/prove` keeps: `python -m tests.proofs.page`.
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CLAIMS = Path(__file__).with_name("claims.toml")
PAGE = ROOT / "docs" / "assurance.md"
RESULTS = ROOT / "docs" / "assurance-results.json"


def claims() -> dict[str, Any]:
    """What is above the tables as `head`, and the groups of claims as `group`."""
    return tomllib.loads(CLAIMS.read_text("utf-8"))


def page(results: list[dict[str, Any]]) -> str:
    """The whole page."""
    known = {result["name"]: result for result in results}
    said = claims()
    return "\n".join([said["head"], *(line for group in said["group"] for line in _group(group, known))])


def write() -> None:
    """Write the page of the results that are kept."""
    PAGE.write_text(page(json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []), "utf-8")


def _group(group: dict[str, Any], results: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield f"## {group['title']}\n"
    yield "| claim | command | last result | what it does not show |"
    yield "| --- | --- | --- | --- |"
    for claim in group["claim"]:
        cells = (claim["claim"], _commands(claim), _result(claim, results), claim["gap"])
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _commands(claim: dict[str, Any]) -> str:
    proof = [f"`scripts/prove {claim['proof']}`"] if "proof" in claim else []
    return "<br>".join([*proof, *(f"`scripts/test {test}`" for test in claim["tests"])])


def _result(claim: dict[str, Any], results: dict[str, dict[str, Any]]) -> str:
    if "proof" not in claim:
        return "passes in every run"
    found = results.get(claim["proof"])
    if found is None:
        return "not run at full size yet; its short part passes in every run"
    verdict = "holds" if found["ok"] else "**broken**"
    return f"{verdict}: {found['result']}"


if __name__ == "__main__":
    write()
