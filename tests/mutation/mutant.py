"""Runs tests with one change in one module: `python -m tests.mutation.mutant FILE OLD NEW TEST…`.

OLD must stand in FILE (below the project) once. The file is not touched: the change is made when it is imported.
"""

import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def plant(file: Path, old: str, new: str) -> None:
    """Import `file` with `new` instead of `old` from now on. Raises ValueError if `old` is not there once."""
    source = file.read_text("utf-8")
    if source.count(old) != 1:
        raise ValueError(f"{file.name} has this {source.count(old)} times: {old}")
    real: Any = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        path = loader.get_filename(name)
        return compile(source.replace(old, new), path, "exec") if Path(path) == file else real(loader, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


def main(file: str, old: str, new: str, *tests: str) -> int:
    """Plant the change and run the tests; the exit status is pytest's: 1 if the change was noticed."""
    plant(ROOT / file, old, new)
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
