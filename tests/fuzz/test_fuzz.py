"""The kept corpus, seeded changes of it, and a search that finds what was planted."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal import limits
from tests.fuzz import merge
from tests.fuzz.havoc import changed
from tests.fuzz.seeds import CORPUS, ROOT, SEEDS
from tests.fuzz.targets import TARGETS

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


def test_a_merge_takes_what_reaches_more_and_nothing_else(tmp_path: Path) -> None:
    corpus, found = tmp_path / "corpus", tmp_path / "found"
    for folder in (corpus, found):
        folder.mkdir()
    get, post = kept_seed("request", 1), kept_seed("request", 2)
    (corpus / "seed").write_bytes(get)
    (found / "same").write_bytes(get)
    (found / "longer").write_bytes(post)
    assert merge.merge("request", found, corpus) == 1
    assert sorted(path.read_bytes() for path in corpus.iterdir()) == sorted([get, post])


def kept_seed(name: str, number: int) -> bytes:
    return (CORPUS / name / f"seed-{number:02}").read_bytes()


def test_a_corpus_stays_within_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / str(size) for size in (5, 1, 4, 2)]
    for path in paths:
        path.write_bytes(bytes(int(path.name)))
    monkeypatch.setattr(merge, "BYTES", 12)
    assert merge.within_bounds(paths[:1], paths[1:]) == [paths[1], paths[3], paths[2]]
    monkeypatch.setattr(merge, "BYTES", 11)
    assert merge.within_bounds(paths[:1], paths[1:]) == [paths[1], paths[3]]
    monkeypatch.setattr(merge, "FILES", 2)
    assert merge.within_bounds(paths[:1], paths[1:]) == [paths[1]]


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_kept_is_not_much_and_says_nothing_of_a_machine(name: str) -> None:
    assert len(merge.within_bounds([], (CORPUS / name).iterdir())) == len(kept(name))
    assert not re.search(rb"/(home|root|tmp|work|var|dev)/", b"\n".join(kept(name)))


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
