"""The search finds what is there, in every form; and a portal that leaks is caught."""

import base64
import bz2
import gzip
import lzma
import os
import secrets
import subprocess
import sys
import urllib.parse
import zlib
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.e2e import parts
from tests.proofs.seizure import seizing, tell
from tests.proofs.seizure.needles import BLOCK_BYTES, Found, Search
from tests.proofs.seizure.remembered import SPELLINGS, remember
from tests.proofs.seizure.tors import OwnTor, TorApart
from tests.proofs.seizure.visits import STEM, new_text
from tor import PrivateNetwork

TEXT = "Kanarienvögel & Söhne"
PLANTED: dict[str, Callable[[bytes], bytes]] = {
    "clear": bytes,
    "UTF-16LE": lambda text: text.decode().encode("utf-16-le"),
    "UTF-16BE": lambda text: text.decode().encode("utf-16-be"),
    "base64 at any place": lambda text: base64.b64encode(b"xy" + text + b"z"),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(b"?>?>" + text),
    "hexadecimal": lambda text: text.hex().encode(),
    "percent-encoded": lambda text: urllib.parse.quote(text).encode(),
    "a form's body": lambda text: urllib.parse.urlencode({"narrative": text}).encode(),
    "zlib": lambda text: zlib.compress(bytes(5000) + text),
    "gzip": lambda text: gzip.compress(text * 3),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "a cut zlib stream": lambda text: zlib.compress(text + bytes(range(256)) * 40)[:-20],
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_text_is_found_in_every_form(name: str, tmp_path: Path) -> None:
    search = Search({"canary": TEXT.encode()})
    path = tmp_path / "pages"
    path.write_bytes(bytes(70_001) + PLANTED[name](TEXT.encode()) + b"\xff" * 1_000)
    assert [found.what for found in search.file(path)][:1] == ["canary"]
    assert Search({"other": b"Zaunkoenig"}).file(path) == []


def test_a_text_over_the_edge_of_two_blocks_is_found(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    with path.open("wb") as file:
        file.seek(BLOCK_BYTES - 7)
        file.write(TEXT.encode())
    assert Search({"canary": TEXT.encode()}).file(path)


HOLDS = """
import sys
letters = reversed(sys.stdin.buffer.read().decode())
held = "".join(letters) if sys.argv[1] == "str" else b"".join(letter.encode(sys.argv[1]) for letter in letters)
print("held", flush=True)
sys.stdin = open(int(sys.argv[2]))
sys.stdin.read()
"""
"""Holds what it is given backwards, as a `str` or as bytes and in no other way, until it is let go."""


@pytest.mark.parametrize("spelling", ["str", *SPELLINGS])
def test_a_text_in_the_memory_of_a_process_is_found(spelling: str) -> None:
    """And one that it was never given is not."""
    texts = {"narrative 1": new_text(), "narrative 2": new_text(), "receipt 1": secrets.token_hex(20).encode()}
    waits, lets_go = os.pipe()
    command = [sys.executable, "-c", HOLDS, spelling, str(waits)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, pass_fds=[waits]) as process, open(lets_go, "wb"):
        os.close(waits)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(texts["narrative 1"].decode()[::-1].encode())
        process.stdin.close()
        assert process.stdout.readline() == b"held\n"
        found = remember("portal", "now", process.pid, texts, STEM)
    assert found.there == {"narrative 1"}
    assert str(found) == "1 of 2 narratives, 0 of 1 receipts now"


REPORTS = 5


@pytest.mark.e2e
class TestPortal:
    """A short trial of what `scripts/forensics` does at full size."""

    def test_nothing_is_found(self, tmp_path: Path, private_tor: PrivateNetwork) -> None:
        with seizing(tmp_path, private_tor, TorApart, REPORTS) as seizure:
            seizure.run()
        assert seizure.found == []
        assert seizure.searched.total() > 1_000_000
        assert seizure.through_tor > REPORTS / 2
        assert seizure.searched["tor's folder"] > 5_000
        assert seizure.searched["tor's log"] > 50_000
        assert f"in the memory of the process that took all {REPORTS} reports: " in tell("SQLite", seizure)
        for process in ("portal", "tor"):
            moments = [one for one in seizure.remembered if one.process == process]
            assert [one.of("narrative")[1] for one in moments] == [REPORTS, REPORTS]

    def test_a_portal_that_leaks_is_caught(
        self, tmp_path: Path, private_tor: PrivateNetwork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parts, "PORTAL", (sys.executable, "-m", "tests.planted.leaking_portal"))
        with seizing(tmp_path, private_tor, OwnTor, reports=1) as seizure:
            seizure.seize_running()
        found = {(found.what, found.form, Path(found.place).parent.name) for found in seizure.found}
        assert Found("path", "clear", str(seizure.portal.log)) in seizure.found
        assert {
            ("narrative 1", "compressed, clear", "tmp"),
            ("receipt 1", "base64", "state"),
            ("query", "percent-encoded", "state"),
            ("User-Agent", "percent-encoded", "state"),
            ("content of a file", "clear", "tor"),
            ("follow-up", "percent-encoded", "tor"),
            ("cut upload", "clear", "tor"),
            ("receipt 1", "clear", "tor"),
        } <= found
        assert [one.of("narrative") for one in seizure.remembered if one.process == "portal"] == [(1, 1), (1, 1)]
