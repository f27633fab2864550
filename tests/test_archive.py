import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import archive
from portal.errors import FormatError

CONTENTS = st.lists(st.binary(max_size=2_000), max_size=5)


def build(contents: list[bytes]) -> bytes:
    pieces = [b"".join(archive.member(f"m/{n:02}", len(c), [c])) for n, c in enumerate(contents)]
    return b"".join(pieces) + bytes(archive.END_BYTES)


def read(data: bytes, step: int = 700) -> list[tuple[str, bytes]]:
    reader = archive.Reader(data[at : at + step] for at in range(0, len(data), step))
    members = [(name, reader.read(10**6)) for name, _ in reader]
    assert reader.end() == len(data)
    return members


@given(CONTENTS, st.integers(1, 3_000))
def test_what_is_written_is_read(contents: list[bytes], step: int) -> None:
    assert read(build(contents), step) == [(f"m/{n:02}", c) for n, c in enumerate(contents)]


@given(CONTENTS)
def test_tarfile_reads_it(contents: list[bytes]) -> None:
    with tarfile.open(fileobj=io.BytesIO(build(contents))) as tar:
        assert [tar.extractfile(member).read() for member in tar] == contents  # type: ignore[union-attr]


def test_every_changed_byte_of_a_header_or_padding_is_refused() -> None:
    data = build([b"x" * 10])
    content = range(archive.BLOCK, archive.BLOCK + 10)
    for at in range(len(data)):
        if at not in content:
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises(FormatError):
                read(changed)


@pytest.mark.parametrize("size", range(0, archive.BLOCK * 2, 100))
def test_cut_short(size: int) -> None:
    with pytest.raises(FormatError, match="cut short"):
        read(build([b"x" * 600])[:size])


@given(st.binary(max_size=3_000))
def test_arbitrary_bytes_raise_only_format_errors(data: bytes) -> None:
    try:
        read(data)
    except FormatError:
        pass
    else:
        assert not any(data)


@pytest.mark.parametrize(
    "info",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.DIRTYPE},
        {"name": "../escape"},
        {"name": "/absolute"},
        {"mtime": 1},
        {"uid": 1},
        {"mode": 0o644},
    ],
    ids=lambda info: next(iter(info)),
)
def test_other_headers_are_refused(info: dict[str, object]) -> None:
    member = tarfile.TarInfo("m/00")
    member.mode = 0o600
    for name, value in info.items():
        setattr(member, name, value)
    with pytest.raises(FormatError):
        read(member.tobuf(tarfile.USTAR_FORMAT) + bytes(archive.END_BYTES))


def test_a_member_longer_than_allowed_is_refused() -> None:
    reader = archive.Reader([build([b"x" * 600])])
    next(iter(reader))
    with pytest.raises(FormatError, match="larger"):
        reader.read(599)


def test_a_member_that_is_not_as_long_as_it_said() -> None:
    with pytest.raises(FormatError):
        list(archive.member("m/00", 5, [b"1234"]))


@pytest.mark.parametrize(("after", "exactly"), [(0, True), (1, False), (archive.BLOCK, False)])
def test_where_it_ends(after: int, exactly: bool) -> None:
    data = b"".join(archive.member("a", 3, [b"abc"])) + bytes(archive.END_BYTES + after)
    reader = archive.Reader([data])
    assert [name for name, _ in reader] == ["a"]
    assert reader.ends_exactly() is exactly


def test_an_end_that_is_too_short() -> None:
    reader = archive.Reader([b"".join(archive.member("a", 3, [b"abc"])) + bytes(archive.BLOCK)])
    assert [name for name, _ in reader] == ["a"]
    assert not reader.ends_exactly()
