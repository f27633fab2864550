import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import archive, limits, parcel
from portal.errors import ParcelError

SIGNATURE = bytes(64)


def pack(report: bytes = b"{}", text: str = "hello\n", files: tuple[bytes, ...] = ()) -> bytes:
    return b"".join(parcel.pack(report, SIGNATURE, text, [parcel.Content(len(f), [f]) for f in files]))


def unpack(data: bytes) -> tuple[parcel.Opened, list[bytes]]:
    opened = parcel.Parcel([data])
    return opened.front, [b"".join(pieces) for _, _, pieces in opened.attachments()]


@given(st.binary(max_size=61_440), st.text(max_size=3_000))
def test_a_report_without_attachments_is_always_64_kib(report: bytes, text: str) -> None:
    data = pack(report, text)
    assert len(data) == limits.ITEM_BYTES
    front, files = unpack(data)
    assert (front.report, front.signature, files) == (report, SIGNATURE, [])
    assert front.text.decode() in (text, parcel.TEXT_LEFT_OUT)


def test_text_is_left_out_only_when_it_does_not_fit() -> None:
    assert unpack(pack(b"x" * 30_000, "y" * 30_000))[0].text == b"y" * 30_000
    assert unpack(pack(b"x" * 50_000, "y" * 30_000))[0].text.decode() == parcel.TEXT_LEFT_OUT


def test_a_report_that_cannot_fit() -> None:
    with pytest.raises(ParcelError):
        pack(b"x" * limits.ITEM_BYTES)


@given(st.lists(st.binary(max_size=100_000), min_size=1, max_size=4))
def test_attachments_come_back_and_the_size_is_padme(files: list[bytes]) -> None:
    data = pack(files=tuple(files))
    assert unpack(data)[1] == files
    assert len(data) == parcel.padme(len(data))


@pytest.mark.parametrize(
    ("size", "padded"), [(65_536, 65_536), (65_537, 67_584), (1_000_000, 1_015_808), (209_715_200, 209_715_200)]
)
def test_padme(size: int, padded: int) -> None:
    assert parcel.padme(size) == padded


@given(st.integers(65_536, 2**40))
def test_padme_adds_at_most_12_percent(size: int) -> None:
    assert size <= parcel.padme(size) <= size * 1.12
    assert parcel.padme(size) % 512 == 0


def test_tar_reads_it(tmp_path: object) -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(files=(b"abc",)))) as tar:
        assert tar.getnames() == ["report.json", "report.sig", "report.txt", "attachments/01"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-512],
        lambda data: data + bytes(512),
        lambda data: data[:-1] + b"x",
        lambda data: data.replace(b"attachments/01", b"attachments/02"),
        lambda data: data.replace(b"report.sig", b"report.sog"),
        lambda data: b"",
    ],
    ids=["shorter", "longer", "not zero", "another number", "another name", "empty"],
)
def test_what_pack_does_not_write_is_refused(change: object) -> None:
    data = pack(files=(b"abc",))
    with pytest.raises(ParcelError):
        unpack(change(data))  # type: ignore[operator]


def with_padding(padding: bytes, files: int = 1, at: int = 3) -> bytes:
    """A parcel with a member `padding`, by default right behind the report."""
    members = [("report.json", b"{}"), ("report.sig", SIGNATURE), ("report.txt", b"")]
    members += [(parcel.attachment_name(number), b"x") for number in range(1, files + 1)]
    members.insert(at, (parcel.PADDING, padding))
    data = b"".join(piece for name, content in members for piece in archive.member(name, len(content), [content]))
    needed = len(data) + archive.END_BYTES
    return data.ljust(parcel.padded_with_attachments(needed) if files else limits.ITEM_BYTES, b"\0")


@pytest.mark.parametrize("size", [0, 1, 512, 70_000, parcel.FRONT_BYTES])
def test_padding_before_the_attachments_is_passed_over(size: int) -> None:
    front, files = unpack(with_padding(bytes(size)))
    assert (front.report, files) == (b"{}", [b"x"])


@pytest.mark.parametrize(
    "data",
    [
        with_padding(bytes(100_000) + b"x"),
        with_padding(bytes(parcel.FRONT_BYTES + 1)),
        with_padding(bytes(512), files=0),
        with_padding(bytes(512), at=4),
        with_padding(bytes(512), at=1),
        with_padding(bytes(512), files=2, at=4),
    ],
    ids=["says something", "too long", "no attachments", "at the end", "within the report", "between attachments"],
)
def test_padding_that_hides_something_is_refused(data: bytes) -> None:
    with pytest.raises(ParcelError):
        unpack(data)


def test_the_front_is_as_it_is_without_padding_but_for_that() -> None:
    plain, filled = parcel.front(b"{}", SIGNATURE, "é\n"), parcel.filled_front(b"{}", SIGNATURE, "é\n")
    assert filled.startswith(plain)
    assert len(filled) == parcel.FRONT_BYTES
    assert not any(filled[len(plain) + archive.BLOCK :])


@pytest.mark.parametrize(
    ("report", "text_is_there"), [(100_000, True), (128 * 1024 - 8 * 512, True), (128 * 1024 - 6 * 512, False)]
)
def test_the_text_gives_way_at_the_last_byte(report: int, text_is_there: bool) -> None:
    filled = parcel.filled_front(b"{" * report, SIGNATURE, "y" * 1024)
    assert len(filled) == parcel.FRONT_BYTES
    assert (b"y" * 1024 in filled) is text_is_there
    assert (parcel.TEXT_LEFT_OUT.encode() in filled) is not text_is_there


def test_too_many_attachments_are_refused() -> None:
    data = pack(files=(b"x",) * (limits.ATTACHMENT_COUNT + 1))
    with pytest.raises(ParcelError):
        unpack(data)


@given(st.binary(max_size=2_000), st.text(max_size=500))
def test_replies(reply: bytes, text: str) -> None:
    data = parcel.pack_reply(reply, text)
    assert len(data) == limits.REPLY_BYTES
    assert parcel.unpack_reply([data]) == reply


def test_the_longest_reply_fits() -> None:
    text = "\n" * limits.REPLY_TEXT_BYTES
    assert parcel.pack_reply(b"x" * (2 * limits.REPLY_TEXT_BYTES + 500), text)
    with pytest.raises(ParcelError):
        parcel.pack_reply(b"x" * 14_000, text)


@given(st.binary(max_size=2_000))
def test_hostile_bytes_raise_only_parcel_errors(data: bytes) -> None:
    with pytest.raises(ParcelError):
        unpack(data)
    with pytest.raises(ParcelError):
        parcel.unpack_reply([data])
