"""A few changes that would undo a promise of the format, each noticed by the tests of its module."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.mutation.mutant import ROOT

NOTICED = 1
"""pytest's exit status when a test failed."""
MUTANTS = {
    "a header that was changed": (
        "portal/age/header.py",
        "if not hmac.compare_digest(_mac(file_key, self.covered), self.mac):",
        "if not hmac.compare_digest(self.mac, self.mac):",
        "tests/age/test_file.py::test_every_flipped_byte_fails",
    ),
    "a payload that was cut": (
        "portal/age/payload.py",
        "if last and not marked_last:",
        "if last and marked_last is None:",
        "tests/age/test_file.py::test_chunks_cannot_be_swapped_repeated_or_left_out",
    ),
    "words whose check fails": (
        "portal/receipt.py",
        "if _check(data[:-1]) == data[-1:] else None",
        "if len(data) else None",
        "tests/test_receipt.py::test_check_bits_catch_255_of_256_wrong_words",
    ),
    "nothing": ("portal/receipt.py", "WORDS = 8", "WORDS = 4 + 4", "tests/test_receipt.py::test_same_word"),
}


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, "Future[subprocess.CompletedProcess[str]]"]]:
    """All of them, two at a time."""
    command = [sys.executable, "-m", "tests.mutation.mutant"]
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(
                subprocess.run, [*command, *mutant], capture_output=True, text=True, check=False, cwd=ROOT
            )
            for name, mutant in MUTANTS.items()
        }


@pytest.mark.parametrize("name", MUTANTS)
def test_a_change_is_noticed(runs: dict[str, "Future[subprocess.CompletedProcess[str]]"], name: str) -> None:
    done = runs[name].result()
    assert done.returncode == (NOTICED if name != "nothing" else 0), done.stdout + done.stderr
