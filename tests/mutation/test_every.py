"""What the long proof says of what it found; trying mutants itself takes it an hour."""

import configparser
from collections import Counter
from pathlib import Path

from tests.mutation.every import ROOT, Results, prepare
from tests.proofs.mutation import judge


def test_a_survivor_must_be_explained_by_its_own_line() -> None:
    results = Results(Counter({"killed": 9, "survived": 1, "not checked": 5}), {"portal.x__mutmut_1": "return a + b"})
    assert judge(results, "`return a + b` cannot be seen from outside.").ok
    outcome = judge(results, "`return a - b` cannot be seen from outside.")
    assert not outcome.ok
    assert outcome.result.startswith("10 mutants tried (9 killed, 5 not checked, 1 survived); 1 survivors unexplained.")
    assert "portal.x__mutmut_1: return a + b" in outcome.result


def test_a_line_stands_in_a_table() -> None:
    assert judge(Results(Counter(survived=1), {"portal.x__mutmut_1": "a | b"}), "| `a \\| b` | why |").ok


def test_nothing_tried_is_nothing_shown() -> None:
    assert not judge(Results(Counter(), {}), "").ok


def test_mutants_are_made_of_a_copy(tmp_path: Path) -> None:
    prepare(tmp_path)
    settings = configparser.ConfigParser()
    settings.read(tmp_path / "setup.cfg")
    copied = settings["mutmut"]["also_copy"].split()
    assert all((tmp_path / name).exists() for name in [*copied, *settings["mutmut"]["source_paths"].split()])
    assert (tmp_path / "portal" / "receipt.py").read_bytes() == (ROOT / "portal" / "receipt.py").read_bytes()
    assert not (tmp_path / "portal" / "receipt.py").is_symlink()
