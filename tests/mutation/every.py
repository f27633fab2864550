"""Every change that mutmut knows in the format's core, each tried with the tests that reach it, in a copy."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MUTATED = ("portal/age/*", "portal/receipt.py")
LEFT_OUT = ("portal/age/__main__.py",)
"""The command line; it is a wrapper for tests and people, and no part of portal or desk."""
TESTS = ("tests/age", "tests/test_receipt.py", "tests/test_avoid.py", "tests/test_tickets.py")
SLOW = ("tests/age/test_interop.py", "tests/age/test_command.py")
"""Other implementations and processes: one mutant would take seconds."""
_COPIED = ("portal", "tests", "templates", "tor", "docs", "keys", "scripts", "requirements", "deploy", "README.md")
_RESULT = re.compile(r"^ *(portal\.\S+): (.+)$", re.MULTILINE)
_SECTION = """
[mutmut]
timeout_multiplier = 5
timeout_constant = 5
source_paths =
    portal
only_mutate =
{mutated}
do_not_mutate =
{left_out}
also_copy =
{copied}
    setup.cfg
    pyproject.toml
pytest_add_cli_args_test_selection =
{tests}
pytest_add_cli_args =
{slow}
"""


@dataclass(frozen=True)
class Results:
    """How many mutants ended in which way, and those that nobody noticed, as the line that each has instead."""

    counts: Counter[str]
    survivors: dict[str, str]

    @property
    def tried(self) -> int:
        """Mutants that were tried."""
        return sum(count for kind, count in self.counts.items() if kind != "not checked")


def prepare(folder: Path) -> None:
    """Copy the project to `folder` and tell mutmut what to do there."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    section = _SECTION.format(
        mutated=_lines(MUTATED),
        left_out=_lines(LEFT_OUT),
        copied=_lines(name for name in _COPIED if name != "portal" and (ROOT / name).exists()),
        tests=_lines(TESTS),
        slow=_lines(f"--ignore={name}" for name in SLOW),
    )
    (folder / "setup.cfg").write_text((ROOT / "setup.cfg").read_text("utf-8") + section, "utf-8")


def _lines(words: "tuple[str, ...] | object") -> str:
    return "\n".join(f"    {word}" for word in words)  # type: ignore[attr-defined]


def run(folder: Path, seconds: float, at_once: int = 2) -> Results:
    """Try mutants for at most so many seconds."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(at_once)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
    return results(folder)


def results(folder: Path) -> Results:
    """What mutmut has found in `folder` so far."""
    found = dict(_RESULT.findall(_mutmut(folder, "results", "--all", "true")))
    survivors = {name: _changed_line(folder, name) for name, kind in found.items() if kind in ("survived", "no tests")}
    return Results(Counter(found.values()), survivors)


def _changed_line(folder: Path, name: str) -> str:
    diff = _mutmut(folder, "show", name).splitlines()
    added = [line[1:].strip() for line in diff if line.startswith("+") and not line.startswith("+++")]
    return " ".join(added)


def _mutmut(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
