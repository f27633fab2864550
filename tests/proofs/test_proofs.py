"""The command that runs proofs: what it prints, keeps and says by its exit status."""

import importlib
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import proofs
from tests.proofs import MODULES, Outcome
from tests.proofs.__main__ import main


def fail() -> Outcome:
    raise OSError("no such machine")


def talk() -> Outcome:
    print("what a program of the proof prints")
    return Outcome(True, "3 of 3.")


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three proofs: one that holds, one that does not, one that breaks."""
    made: dict[str, Callable[[], Outcome]] = {
        "true": talk,
        "false": lambda: Outcome(False, "2 of 3."),
        "broken": fail,
    }
    for name, prove in made.items():
        module = types.ModuleType(f"planted_{name}")
        vars(module).update(CLAIM=f"All is {name}.", prove=prove)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(proofs, "MODULES", {name: f"planted_{name}" for name in made})
    monkeypatch.setattr(sys.modules[main.__module__], "MODULES", proofs.MODULES)


@pytest.mark.usefixtures("planted")
def test_a_claim_that_does_not_hold_is_said_kept_and_shown_by_the_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results.json"
    assert main(["false"], results) == 1
    capsys.readouterr()
    assert main(["true", "--json"], results) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [set(record) for record in printed] == [{"name", "claim", "result", "ok", "seconds"}]
    assert [(record["name"], record["ok"]) for record in json.loads(results.read_text())] == [
        ("false", False),
        ("true", True),
    ]


@pytest.mark.usefixtures("planted")
def test_a_proof_that_breaks_did_not_hold_and_the_others_still_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["broken", "true"], tmp_path / "results.json") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("BROKEN  broken (")
    assert "OSError: no such machine" in lines[0]
    assert lines[1].startswith("ok      true (")


def test_an_unknown_name_is_refused_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"], tmp_path / "results.json") == 2
    assert "no proof nonsense" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", MODULES)
def test_every_proof_has_a_claim_and_can_be_run(name: str) -> None:
    module = importlib.import_module(MODULES[name])
    assert module.CLAIM.endswith(".")
    assert callable(module.prove)
