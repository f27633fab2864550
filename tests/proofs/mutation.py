"""Every change that mutmut knows in `portal/age` and `portal/receipt.py`: tests/mutation."""

import tempfile
from pathlib import Path

from tests.mutation.every import ROOT, Results, prepare, run
from tests.proofs import Outcome

CLAIM = "The tests notice every change in portal/age and portal/receipt.py but those that docs/mutation.md explains."
SECONDS = 3_600.0
"""So long at most; what was not tried by then is told."""
_DOCUMENT = ROOT / "docs" / "mutation.md"
_SHOWN = 5


def prove() -> Outcome:
    """Try them all, or as many as the time allows."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        return judge(run(Path(folder), SECONDS), _DOCUMENT.read_text("utf-8"))


def judge(results: Results, document: str) -> Outcome:
    """Whether each survivor stands in the document, by the line that it has instead."""
    unexplained = [
        f"{name}: {line}" for name, line in results.survivors.items() if f"`{_in_table(line)}`" not in document
    ]
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(results.counts.items()))
    result = f"{results.tried} mutants tried ({told}); {len(unexplained)} survivors unexplained."
    return Outcome(not unexplained and results.tried > 0, " ".join([result, *unexplained[:_SHOWN]]))


def _in_table(line: str) -> str:
    """A line of code as it stands in a table of Markdown."""
    return line.replace("|", "\\|")
