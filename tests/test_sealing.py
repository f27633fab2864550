"""What was sealed while it was received opens to what was sent."""

import errno
import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal import archive, parcel
from portal.age import CHUNK_BYTES, SEALED_CHUNK_BYTES, HybridIdentity, decrypt, hybrid_header_size, sealed_size
from portal.errors import KeyFailure, NoMatch, ParcelError, SpoolError
from portal.limits import ITEM_BYTES, MIB
from portal.parcel import FRONT_BYTES, TEXT_LEFT_OUT, Parcel
from portal.sealing import Sealing
from tests.test_spool import nameless_files

DESK = HybridIdentity.generate()
SIGNATURE = bytes(64)
HEADER = archive.BLOCK
EDGES = [0, 1, 511, 512, 513]
AROUND_A_CHUNK = [CHUNK_BYTES - HEADER + by for by in (-513, -512, -511, -1, 0, 1, 511, 512, 513)]
"""Sizes with which the first attachment, or the header of the second one, ends around the end of a chunk."""
FOLDER = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def content(size: int) -> bytes:
    return (bytes(range(1, 252)) * (size // 251 + 1))[:size]


def write(sealing: Sealing, files: Sequence[bytes], piece: int = MIB) -> None:
    for file in files:
        sealing.begin()
        for at in range(0, len(file), piece):
            sealing.write(memoryview(file)[at : at + piece])
        sealing.end()


def sealed(
    folder: Path, files: Sequence[bytes], text: str = "text\n", report: bytes = b"{}", piece: int = MIB
) -> bytes:
    """The finished item."""
    with Sealing(folder) as sealing:
        write(sealing, files, piece)
        sealing.finish(report, SIGNATURE, text, [DESK.recipient])
        pieces = list(sealing.pieces())
        assert sum(map(len, pieces)) == sealing.size
        assert {len(each) for each in pieces[:-1]} <= {MIB}
        assert sealing.sizes == [len(file) for file in files]
        # It can be read more than once.
        assert list(sealing.pieces()) == pieces
    return b"".join(pieces)


def opened(item: bytes) -> tuple[parcel.Opened, list[bytes]]:
    box = Parcel(decrypt([DESK], [item]))
    return box.front, [b"".join(pieces) for _, _, pieces in box.attachments()]


@given(
    st.lists(
        st.one_of(st.sampled_from([*EDGES, *AROUND_A_CHUNK]), st.integers(0, 3 * CHUNK_BYTES)), min_size=1, max_size=5
    ),
    st.sampled_from([1000, 4096, CHUNK_BYTES, MIB]),
)
@example([CHUNK_BYTES - HEADER] * 3, MIB)
@example([CHUNK_BYTES - 2 * HEADER, 0, 0, 5], MIB)
@example([2 * MIB], MIB)
@settings(FOLDER, max_examples=80)
def test_opens_to_what_was_sent(tmp_path: Path, sizes: list[int], piece: int) -> None:
    files = [content(size) for size in sizes]
    item = sealed(tmp_path, files, piece=piece)
    front, found = opened(item)
    assert (front.report, front.signature, front.text) == (b"{}", SIGNATURE, b"text\n")
    assert found == files
    plain = b"".join(decrypt([DESK], [item]))
    behind = sum(map(archive.member_size, sizes))
    if behind > CHUNK_BYTES:
        assert len(plain) == parcel.padme(FRONT_BYTES + behind + archive.END_BYTES)
        assert plain.find(archive.header("attachments/01", sizes[0])) == FRONT_BYTES
    else:
        contents = [parcel.Content(len(file), [file]) for file in files]
        assert plain == b"".join(parcel.pack(b"{}", SIGNATURE, "text\n", contents))
    assert len(item) == sealed_size(len(plain), hybrid_header_size(1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("first", AROUND_A_CHUNK)
@pytest.mark.parametrize("second", [0, 1, CHUNK_BYTES])
def test_every_place_of_a_header_around_the_end_of_a_chunk(first: int, second: int, tmp_path: Path) -> None:
    files = [content(first), content(second)]
    assert opened(sealed(tmp_path, files))[1] == files


@given(st.binary(max_size=2000), st.text(max_size=500))
@settings(FOLDER, max_examples=30)
def test_the_size_says_nothing_of_the_text(tmp_path: Path, report: bytes, text: str) -> None:
    files = [content(100_000)]
    item = sealed(tmp_path, files, text, report)
    assert len(item) == len(sealed(tmp_path, files))
    front, _ = opened(item)
    assert (front.report, front.text.decode()) == (report, text)


def test_a_text_without_room_is_left_out_and_a_report_without_room_refused(tmp_path: Path) -> None:
    file = content(CHUNK_BYTES)
    front, files = opened(sealed(tmp_path, [file], "y" * 60_000, b"{" * 80_000))
    assert (front.report, front.text.decode(), files) == (b"{" * 80_000, TEXT_LEFT_OUT, [file])
    with Sealing(tmp_path) as sealing:
        write(sealing, [file])
        with pytest.raises(ParcelError):
            sealing.finish(b"{" * FRONT_BYTES, SIGNATURE, "", [DESK.recipient])


def test_a_small_attachment_does_not_show(tmp_path: Path) -> None:
    plain = b"".join(decrypt([DESK], [sealed(tmp_path, [content(50_000)])]))
    assert len(plain) == ITEM_BYTES


def test_tar_unpacks_it(tmp_path: Path) -> None:
    plain = b"".join(decrypt([DESK], [sealed(tmp_path, [b"abc", content(200_000)])]))
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert tar.getnames() == [
            "report.json",
            "report.sig",
            "report.txt",
            "padding",
            "attachments/01",
            "attachments/02",
        ]
        assert tar.getmember("attachments/01").size == 3


def test_nothing_in_clear_on_the_disk_not_even_while_a_header_waits(tmp_path: Path) -> None:
    canary = b"a canary that sings in clear "
    with Sealing(tmp_path) as sealing:
        sealing.begin()
        sealing.write(canary * 10_000)
        (descriptor,) = nameless_files(tmp_path)
        on_disk = os.pread(descriptor, MIB, 0)
        assert os.fstat(descriptor).st_nlink == 0
        assert not list(tmp_path.iterdir())
        # The room of the front and the first chunk, whose header waits, are holes yet.
        hole = (FRONT_BYTES // CHUNK_BYTES + 1) * SEALED_CHUNK_BYTES
        assert not any(on_disk[:hole])
        assert len(on_disk) > hole
        sealing.end()
        sealing.finish(canary * 10, SIGNATURE, canary.decode(), [DESK.recipient])
        assert canary[:8] not in os.pread(descriptor, MIB, 0)


def test_no_nonce_is_used_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []
    seal = Sealing._put

    def put(self: Sealing, number: int, chunk: bytes, *, last: bool = False) -> None:
        used.append(number)
        seal(self, number, chunk, last=last)

    monkeypatch.setattr(Sealing, "_put", put)
    sealed(tmp_path, [content(size) for size in (5, 0, 3 * CHUNK_BYTES, *AROUND_A_CHUNK, 7)])
    assert sorted(used) == list(range(len(used)))


def test_what_is_finished_takes_nothing_more(tmp_path: Path) -> None:
    with Sealing(tmp_path) as sealing:
        write(sealing, [b"x"])
        sealing.finish(b"{}", SIGNATURE, "", [DESK.recipient])
        for step in (
            sealing.begin,
            sealing.end,
            lambda: sealing.write(b"x"),
            lambda: sealing.finish(b"{}", SIGNATURE, "", [DESK.recipient]),
        ):
            with pytest.raises(ValueError):
                step()
        assert opened(b"".join(sealing.pieces()))[1] == [b"x"]


def test_an_attachment_that_did_not_end_is_not_sealed(tmp_path: Path) -> None:
    with Sealing(tmp_path) as sealing:
        sealing.begin()
        with pytest.raises(ValueError):
            sealing.finish(b"{}", SIGNATURE, "", [DESK.recipient])


def test_only_the_recipients_open_it(tmp_path: Path) -> None:
    with pytest.raises(NoMatch):
        decrypt([HybridIdentity.generate()], [sealed(tmp_path, [b"x"])])
    with Sealing(tmp_path) as sealing:
        write(sealing, [b"x"])
        with pytest.raises(KeyFailure):
            sealing.finish(b"{}", SIGNATURE, "", [])


def test_two_items_have_two_keys(tmp_path: Path) -> None:
    first, second = (sealed(tmp_path, [content(200_000)]) for _ in range(2))
    assert first[-CHUNK_BYTES:] != second[-CHUNK_BYTES:]


def test_little_is_in_memory_and_no_file_before_it_is_needed(tmp_path: Path) -> None:
    with Sealing(tmp_path / "missing") as sealing:
        sealing.begin()
        # Two chunks may wait: the one with the header, and the one that is not full.
        sealing.write(bytes(2 * CHUNK_BYTES - HEADER))
        with pytest.raises(FileNotFoundError):
            sealing.write(b"x")
        assert sealing.closed


@pytest.mark.parametrize("allowed", range(6), ids=["first", "second", "header", "front", "front's end", "last"])
def test_a_full_disk_closes_it(allowed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite, left = os.pwrite, allowed

    def until_full(descriptor: int, data: bytes, at: int) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(descriptor, data, at)

    def fill(sealing: Sealing) -> None:
        write(sealing, [content(3 * CHUNK_BYTES)])
        sealing.finish(b"{}", SIGNATURE, "", [DESK.recipient])

    monkeypatch.setattr(os, "pwrite", until_full)
    sealing = Sealing(tmp_path)
    with pytest.raises(OSError, match="No space") as raised:
        fill(sealing)
    assert raised.value.filename == str(tmp_path)
    assert left == -1
    assert sealing.closed
    assert not nameless_files(tmp_path)
    with pytest.raises(ValueError):
        sealing.begin()


def test_a_system_that_takes_less_than_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite, files = os.pwrite, [content(3 * CHUNK_BYTES)]
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, at: pwrite(descriptor, memoryview(data)[:10_000], at))
    assert opened(sealed(tmp_path, files))[1] == files


def test_a_file_that_was_cut_short_is_noticed(tmp_path: Path) -> None:
    with Sealing(tmp_path) as sealing:
        write(sealing, [content(2 * MIB)])
        sealing.finish(b"{}", SIGNATURE, "", [DESK.recipient])
        (descriptor,) = nameless_files(tmp_path)
        os.ftruncate(descriptor, sealing.size // 2)
        with pytest.raises(SpoolError):
            list(sealing.pieces())


def test_closing_frees_the_disk(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path)
    write(sealing, [content(MIB)])
    assert nameless_files(tmp_path)
    for _ in range(2):
        sealing.close()
    assert not nameless_files(tmp_path)


def test_killed_in_the_middle_it_leaves_nothing(tmp_path: Path) -> None:
    code = f"""
import os, pathlib, signal
from portal.sealing import Sealing
sealing = Sealing(pathlib.Path({str(tmp_path)!r}))
sealing.begin()
sealing.write(bytes(1_000_000))
assert sealing._chunk_bytes > 900_000
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert not list(tmp_path.iterdir())


def test_a_large_item_in_little_memory(tmp_path: Path) -> None:
    piece, digest, found = content(MIB), hashlib.sha256(), hashlib.sha256()
    with Sealing(tmp_path) as sealing:
        tracemalloc.start()
        try:
            sealing.begin()
            for _ in range(20):
                sealing.write(piece)
                digest.update(piece)
            sealing.end()
            sealing.finish(b"{}", SIGNATURE, "", [DESK.recipient])
            assert sum(map(len, sealing.pieces())) == sealing.size
            assert tracemalloc.get_traced_memory()[1] < 4 * MIB
        finally:
            tracemalloc.stop()
        for _, _, pieces in Parcel(decrypt([DESK], sealing.pieces())).attachments():
            for each in pieces:
                found.update(each)
    assert found.digest() == digest.digest()
