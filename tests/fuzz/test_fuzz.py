"""The kept corpus, seeded changes of it, and a search that finds what was planted."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal import limits
from tests.fuzz.havoc import changed
from tests.fuzz.seeds import CORPUS, SEEDS
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
CHANGES = {"channels": 60}
"""So many for each target, where not `MOST`: a channel file is read together with all others."""
MOST = 300
SEARCH_SECONDS = 20


def kept(name: str) -> list[bytes]:
    """The inputs of a target that are kept."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_kept_breaks_nothing(name: str) -> None:
    assert name in SEEDS
    for data in [b"", *kept(name)]:
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_nor_do_seeded_changes_of_it(name: str) -> None:
    for data in changed(kept(name), seed=len(name), count=CHANGES.get(name, MOST)):
        try:
            TARGETS[name](data)
        except Exception as error:  # noqa: BLE001  (whatever it is, its input belongs into the corpus)
            pytest.fail(f"{type(error).__name__} for {data!r}"[:1_000])


def test_changes_follow_from_their_seed_alone() -> None:
    inputs = kept("request")
    assert list(changed(inputs, 1, 50)) == list(changed(inputs, 1, 50))
    assert list(changed(inputs, 1, 50)) != list(changed(inputs, 2, 50))


def test_a_search_finds_what_was_planted(tmp_path: Path) -> None:
    """Three letters at the front: chance alone would need sixteen million inputs."""
    command = [sys.executable, "-m", "tests.fuzz.run", "planted", str(SEARCH_SECONDS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode != 0
    assert "FormatError: found" in done.stdout + done.stderr
    assert [path.read_bytes()[:3] for path in tmp_path.glob("crash-*")] == [b"bug"]


FAULTS: dict[str, tuple[str, Any]] = {
    "age": ("portal.age.header._ARGUMENTS", re.compile(rb"->.*")),
    "multipart": ("portal.web.multipart.parse_options_header", lambda value: (value[:9], {"name": value[40]})),
    "parcel": ("portal.archive.Reader.end", lambda reader: limits.ITEM_BYTES),
    "receipt": ("portal.receipt._letters", lambda text: text.encode("ascii").decode()),
    "request": ("portal.serving.parser._check", lambda head: head.index(b"chunked") > 0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_the_seeded_changes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[name])
    with pytest.raises(pytest.fail.Exception):
        test_nor_do_seeded_changes_of_it(name)
