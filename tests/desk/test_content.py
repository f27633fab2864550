"""What an attachment is by its first bytes, whatever its sender called it."""

import io

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal.desk import cases, content
from portal.desk.content import FIRST_BYTES, UNKNOWN, content_type
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft

FILES = [b"words " * 20_000, b"\x89PNG\r\n\x1a\n" + bytes(100_000), b""]


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, kind)
    return out.getvalue()


def document() -> bytes:
    out = io.BytesIO()
    made = pikepdf.new()
    made.add_blank_page()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (picture("TIFF"), "image/tiff"),
        (document(), "application/pdf"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "video/mp4"),
        (b"PK\x03\x04" + bytes(40), "application/zip"),
        (b"MZ" + bytes(60), "application/octet-stream (exe)"),
        (b"<html><script>alert(1)</script>", "text/html"),
        ("Words, ä, 你好.\n".encode(), "text/plain"),
        (("ä" * FIRST_BYTES).encode()[: FIRST_BYTES + 1], "text/plain"),
        (b"\x01\x02\x03" * 30, UNKNOWN),
        (b"words with \x1b[31m in them", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_types(first: bytes, expected: str) -> None:
    assert content_type(first) == expected


@given(st.binary(max_size=300))
def test_anything_has_a_type_of_one_line(first: bytes) -> None:
    assert content_type(first).isprintable()


def test_the_types_of_a_message(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft(channel="travel", files=FILES), files=FILES)
    importing(portal.export())
    (message,) = cases.messages(desk.casebook, cases.listed(desk.casebook)[0])
    assert content.types(desk, message) == ["text/plain", "image/png", UNKNOWN]
    assert content.read(desk, message, 2, len(FILES[1])) == FILES[1]
    with pytest.raises(DeskError, match="at most"):
        content.read(desk, message, 1, 10)
    path = desk.folder.sealed(message.sha256)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DeskError, match="damaged"):
        content.types(desk, message)
    path.unlink()
    with pytest.raises(DeskError, match="missing"):
        content.types(desk, message)
