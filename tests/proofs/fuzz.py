"""A coverage-guided search in every format that reads bytes of strangers: tests/fuzz.

What it reaches stays in build/fuzz, a folder a target: the next search begins there, and `python -m tests.fuzz.merge`
adds it to the corpus.
"""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.merge import FOUND
from tests.fuzz.seeds import CORPUS, ROOT
from tests.fuzz.targets import TARGETS
from tests.proofs import Outcome

CLAIM = "Whatever bytes come in for a format, only its own typed errors come out, within 10 s and 2 GiB an input."
SECONDS = 90
"""For each target."""
AT_ONCE = 2


def search(name: str, new: Path, seconds: int = SECONDS) -> tuple[int, str]:
    """How many inputs were tried, and what was found: nothing, or how the search ended. `new` takes new inputs."""
    new.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(seconds), str(new), str(CORPUS / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    tried = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    faults = [path.name for path in new.iterdir() if re.match("crash-|timeout-|oom-", path.name)]
    # A fault that was mended since lies there still, and is an input like others.
    problem = "" if done.returncode == 0 and tried else ", ".join(faults) or done.stderr[-300:]
    return int(tried[1]) if tried else 0, problem


def prove() -> Outcome:
    """Search in all targets."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = dict(zip(TARGETS, pool.map(lambda name: search(name, FOUND / name), TARGETS), strict=True))
    found = [f"{name}: {problem}" for name, (_, problem) in results.items() if problem]
    tried = sum(count for count, _ in results.values())
    result = f"{tried:,} inputs for {len(TARGETS)} targets, {SECONDS} s each, {len(found)} faults."
    return Outcome(not found, " ".join([result, *found]))
