"""The search finds what is there, in every form; and a portal that leaks is caught."""

import base64
import bz2
import gzip
import lzma
import sys
import urllib.parse
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e import parts
from tests.proofs.seizure import seizing
from tests.proofs.seizure.needles import BLOCK_BYTES, Found, Search
from tests.proofs.seizure.tors import OwnTor, TorApart
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

    def test_a_portal_that_leaks_is_caught(
        self, tmp_path: Path, private_tor: PrivateNetwork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parts, "PORTAL", (sys.executable, "-m", "tests.planted.leaking_portal"))
        with seizing(tmp_path, private_tor, OwnTor, reports=1) as seizure:
            seizure.seize_running()
        found = {(found.what, found.form, Path(found.place).parent.name) for found in seizure.found}
        assert Found("path", "clear", str(seizure.portal.log)) in seizure.found
        assert {
            ("narrative", "compressed, clear", "tmp"),
            ("receipt 1", "base64", "state"),
            ("query", "percent-encoded", "state"),
            ("User-Agent", "percent-encoded", "state"),
            ("content of a file", "clear", "tor"),
            ("follow-up", "percent-encoded", "tor"),
            ("cut upload", "clear", "tor"),
            ("receipt 1", "clear", "tor"),
        } <= found
