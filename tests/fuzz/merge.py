"""Adds to the corpus what a search has found and what reaches more: `python -m tests.fuzz.merge [FOUND]`.

FOUND has a folder a target, as `scripts/prove fuzz` leaves them (build/fuzz). Of what reaches something new, small
inputs come first, and a corpus stays within its bounds. What is in it already stays.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz.seeds import CORPUS, ROOT, SEEDS

FOUND = ROOT / "build" / "fuzz"
FILES = 300
"""Inputs of a target, at most."""
BYTES = 300_000
"""… and bytes of all of them together."""


def merge(name: str, found: Path, corpus: Path) -> int:
    """Add to `corpus`, a target's folder, what of `found` reaches more; how many inputs that were."""
    known = list(corpus.iterdir())
    with tempfile.TemporaryDirectory() as folder:
        merged = shutil.copytree(corpus, Path(folder, name))
        command = [sys.executable, "-m", "tests.fuzz.run", name, "-merge=1", str(merged), str(found)]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        names = {path.name for path in known}
        new = within_bounds(known, [path for path in merged.iterdir() if path.name not in names])
        for path in new:
            shutil.copyfile(path, corpus / path.name)
    return len(new)


def within_bounds(known: Iterable[Path], new: Iterable[Path]) -> list[Path]:
    """Those of the new inputs that a corpus with the known ones has room for, the smallest first."""
    count, size, chosen = 0, 0, []
    for path in known:
        count, size = count + 1, size + path.stat().st_size
    for path in sorted(new, key=lambda path: (path.stat().st_size, path.name)):
        count, size = count + 1, size + path.stat().st_size
        if count > FILES or size > BYTES:
            break
        chosen.append(path)
    return chosen


def main(found: Path = FOUND) -> None:
    """Merge every target's finds."""
    for name in SEEDS:
        if (found / name).is_dir():
            print(f"{name}: {merge(name, found / name, CORPUS / name)} new inputs")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
