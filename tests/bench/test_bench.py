"""The command: what it prints and keeps, and its exit status. Nothing is timed here."""

import importlib
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import bench
from tests.bench import SHORT, TOPICS, keeping
from tests.bench.__main__ import main
from tests.bench.figures import Figure


def quick() -> list[Figure]:
    print("a word of a program that is measured")
    return [Figure("quick", 1, "s", 2), Figure("beside its floor", 3, "MB/s", 0.5, 4)]


def unable() -> list[Figure]:
    raise FileNotFoundError("no such program")


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Topics that keep their bounds, break one, or cannot be measured; where the results are kept."""
    made: dict[str, Callable[[], list[Figure]]] = {
        "quick": quick,
        "slow": lambda: [Figure("slow", 3, "s", 2)],
        "unable": unable,
        "failing": lambda: pytest.fail("a server is missing", pytrace=False),
    }
    for name, measure in made.items():
        module = types.ModuleType(f"planted_{name}")
        vars(module).update(ABOUT=f"How {name} it is.", measure=measure)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    topics = {name: f"planted_{name}" for name in made}
    for module in (bench, keeping, sys.modules[main.__module__]):
        monkeypatch.setattr(module, "TOPICS", topics)
    monkeypatch.setattr(sys.modules[main.__module__], "SHORT", ("quick",))
    for name in ("RESULTS", "CHART", "PAGE"):
        monkeypatch.setattr(keeping, name, tmp_path / name.lower())
    return tmp_path / "results"


@pytest.mark.usefixtures("results")
class TestStatus:
    def test_all_bounds_are_kept(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 0
        captured = capsys.readouterr()
        assert [line.split()[:2] for line in captured.out.splitlines()] == [["ok", "quick:"], ["ok", "beside"]]
        assert "a word of a program" in captured.err

    def test_one_is_broken(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["slow", "quick"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["BROKEN", "ok", "ok"]

    @pytest.mark.parametrize(
        ("topic", "reason"), [("unable", "FileNotFoundError: no such program"), ("failing", "a server is missing")]
    )
    def test_one_cannot_be_measured_and_the_others_are(
        self, topic: str, reason: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([topic, "quick"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith(f"BROKEN  {topic} could not be measured")
        assert reason in lines[0]
        assert lines[1].startswith("ok")

    def test_a_name_is_unknown(self, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["quick", "nonsense", "--keep"]) == 2
        captured = capsys.readouterr()
        assert "no figure nonsense" in captured.err
        assert captured.out == ""
        assert not results.exists()


@pytest.mark.usefixtures("results")
class TestOutput:
    def test_json_is_a_list_and_nothing_else(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["all", "--json"]) == 1
        printed = json.loads(capsys.readouterr().out)
        keys = {"name", "value", "unit", "floor", "ratio", "bound", "ok"}
        assert [set(record) for record in printed] == [keys] * 5
        assert [record["ok"] for record in printed] == [True, True, False, False, False]

    def test_help_tells_what_is_short_and_list_what_there_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="0"):
            main(["--help"])
        assert "Without a name: quick" in capsys.readouterr().out
        assert main(["--list"]) == 0
        assert "How slow it is." in capsys.readouterr().out


class TestKeeping:
    def test_nothing_is_kept_unless_asked_for(self, results: Path) -> None:
        assert main(["quick"]) == 0
        assert not list(results.parent.iterdir())

    def test_results_are_kept_with_the_machine_and_those_of_others_stay(self, results: Path) -> None:
        main(["slow", "--keep"])
        main(["quick", "--keep"])
        kept = json.loads(results.read_text())
        assert list(kept) == ["quick", "slow"]
        assert set(kept["quick"]) == {"day", "machine", "load", "figures"}
        assert set(kept["quick"]["machine"]) == {"processor", "cores", "memory_gib", "system", "python", "sqlite"}
        assert len(kept["quick"]["load"]) == 2
        assert keeping.CHART.read_bytes().startswith(b"\x89PNG")
        page = keeping.PAGE.read_text()
        assert "| beside its floor | 3 MB/s | 4 | 0.750 | ≥ 0.500 | ok |" in page
        assert "| slow | 3 s | – | – | ≤ 2 | **broken** |" in page
        assert "How unable it is.\n\nNo result is kept yet." in page


def test_the_page_is_the_newest() -> None:
    assert keeping.PAGE.read_text("utf-8") == keeping.page(keeping.read()), "run python -m tests.bench.keeping"


def test_the_short_ones_are_topics() -> None:
    assert set(SHORT) < set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_says_what_it_measures_and_can_be_run(topic: str) -> None:
    module = importlib.import_module(TOPICS[topic])
    assert module.ABOUT.endswith(".")
    assert callable(module.measure)
