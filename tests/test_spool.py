import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.errors import SpoolError
from portal.limits import MIB
from portal.spool import SealedSpool, Spool, open_nameless

BLOCK = Spool.block_bytes
BOTH = pytest.mark.parametrize("kind", [Spool, SealedSpool])
SIZES = (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7, 5 * BLOCK)


def nameless_files(folder: Path) -> list[int]:
    """The descriptors of this process that are files without a name in `folder`."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith(f"{folder}/") and target.endswith("(deleted)"):
            found.append(int(name))
    return found


def content(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@BOTH
@pytest.mark.parametrize("size", [*SIZES, MIB, MIB + 1, 3 * MIB + 5])
def test_gives_back_what_was_written(kind: type[Spool | SealedSpool], size: int, tmp_path: Path) -> None:
    data = content(size)
    with kind(tmp_path) as spool:
        for start in range(0, size, 10_000):
            spool.write(data[start : start + 10_000])
        for _ in range(2):
            assert b"".join(spool.pieces()) == data
        assert spool.size == size
    assert not nameless_files(tmp_path)
    assert not list(tmp_path.iterdir())


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_of_writes_and_reads(tmp_path: Path, data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 3 * BLOCK), max_size=6))
    whole = content(sum(sizes))
    with Spool(tmp_path) as spool:
        at = 0
        for size in sizes:
            spool.write(memoryview(whole)[at : at + size])
            at += size
            assert spool.size == at
            # It may be read while it grows.
            assert b"".join(spool.pieces(max(0, at - 10))) == whole[max(0, at - 10) : at]
        start = data.draw(st.integers(0, len(whole)))
        size = data.draw(st.integers(0, len(whole) - start))
        assert b"".join(spool.pieces(start, size)) == whole[start : start + size]
        span, model = spool.span(start, size), io.BytesIO(whole[start : start + size])
        for _ in range(5):
            action = data.draw(st.sampled_from(["read", "readline", "seek", "readinto", "rest"]))
            count = data.draw(st.integers(0, 2 * BLOCK))
            if action == "read":
                # A raw stream may give less than was asked for, but nothing only at the end.
                got = span.read(count)
                assert got == model.read(len(got))
                assert got or not count or not model.read(1)
            elif action == "readline":
                assert span.readline(count) == model.readline(count)
            elif action == "seek":
                assert span.seek(count) == model.seek(count)
            elif action == "readinto":
                buffer = bytearray(count)
                got = bytes(buffer[: span.readinto(buffer)])
                assert got == model.read(len(got))
            else:
                assert span.read() == model.read()
            assert span.tell() == model.tell()


def test_a_span_is_a_file_to_read(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.write(b"one\ntwo\nthree")
        span = spool.span(4)
        assert list(span) == [b"two\n", b"three"]
        assert span.seek(-5, os.SEEK_END) == 4
        assert span.seek(1, os.SEEK_CUR) == 5
        assert span.read() == b"hree"
        assert b"".join(span.pieces()) == b"two\nthree"
        assert (span.readable(), span.seekable(), span.writable()) == (True, True, False)
        with pytest.raises(ValueError):
            span.seek(-1)
        span.close()
        # The bytes belong to the spool.
        assert b"".join(spool.pieces()) == b"one\ntwo\nthree"


@pytest.mark.parametrize("size", [1, BLOCK])
def test_a_small_spool_opens_no_file(size: int, tmp_path: Path) -> None:
    with Spool(tmp_path / "missing") as spool:
        spool.write(bytes(size))
        assert not nameless_files(tmp_path)
        with pytest.raises(FileNotFoundError):
            spool.write(bytes(BLOCK))


def test_nothing_in_clear_on_the_disk(tmp_path: Path) -> None:
    canary = b"a canary that sings in clear "
    with Spool(tmp_path) as spool:
        for _ in range(3):
            spool.write(canary * 5000)
        (descriptor,) = nameless_files(tmp_path)
        on_disk = os.pread(descriptor, MIB, 0)
        assert os.fstat(descriptor).st_nlink == 0
        assert not list(tmp_path.iterdir())
        assert len(on_disk) == (spool.size // BLOCK) * (BLOCK + 16)
        assert canary[:8] not in on_disk
        # Equal blocks are not equal on the disk.
        pieces = [on_disk[at : at + BLOCK + 16] for at in range(0, len(on_disk), BLOCK + 16)]
        assert len(set(pieces)) == len(pieces)


def test_two_spools_have_two_keys(tmp_path: Path) -> None:
    with Spool(tmp_path) as one, Spool(tmp_path) as other:
        for spool in (one, other):
            spool.write(bytes(BLOCK + 1))
        first, second = (os.pread(descriptor, BLOCK + 16, 0) for descriptor in nameless_files(tmp_path))
        assert first != second


def flip(descriptor: int) -> None:
    (byte,) = os.pread(descriptor, 1, BLOCK + 100)
    os.pwrite(descriptor, bytes([byte ^ 1]), BLOCK + 100)


def swap(descriptor: int) -> None:
    first, second = (os.pread(descriptor, BLOCK + 16, at) for at in (0, BLOCK + 16))
    os.pwrite(descriptor, second + first, 0)


def cut(descriptor: int) -> None:
    os.ftruncate(descriptor, 2 * BLOCK)


@pytest.mark.parametrize("change", [flip, swap, cut])
def test_a_change_on_the_disk_is_noticed(change: Callable[[int], None], tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.write(content(2 * BLOCK + 1))
        (descriptor,) = nameless_files(tmp_path)
        change(descriptor)
        with pytest.raises(SpoolError):
            b"".join(spool.pieces())


@BOTH
def test_a_full_disk_closes_the_spool(
    kind: type[Spool | SealedSpool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes, at: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    spool = kind(tmp_path)
    spool.write(bytes(kind.block_bytes))
    with pytest.raises(OSError, match="No space") as raised:
        spool.write(b"x")
    assert raised.value.filename == str(tmp_path)
    assert spool.closed
    assert not nameless_files(tmp_path)
    with pytest.raises(ValueError):
        spool.write(b"x")
    with pytest.raises(ValueError):
        spool.block(0)


def test_without_tmpfile_the_name_goes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open = os.open

    def old_open(path: object, flags: int, *arguments: int, **named: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        return real_open(path, flags, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", old_open)
    with open_nameless(tmp_path) as file:
        assert not list(tmp_path.iterdir())
        assert os.fstat(file.fileno()).st_mode & 0o777 == 0o600
        file.write(b"x")


def test_a_nameless_file_can_get_no_name(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_DIRECTORY)
    # With a folder's descriptor Python calls linkat(2), which follows the link of /proc.
    with open_nameless(tmp_path) as file, pytest.raises(FileNotFoundError):
        os.link(f"/proc/self/fd/{file.fileno()}", tmp_path / "name", src_dir_fd=here)
    with open(os.open(tmp_path, os.O_TMPFILE | os.O_RDWR), "r+b") as file:
        os.link(f"/proc/self/fd/{file.fileno()}", tmp_path / "name", src_dir_fd=here)
    os.close(here)
