"""Cleaned copies: no metadata is left, the picture is, and hostile files harm nothing."""

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from portal.desk import cases, cleaner, cleaning, custody
from portal.desk.cleaner import RefusedFile
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft

CANARY = "CANARY 49.6116 N 6.1319 E"
RAW = CANARY.encode()
SIZE = (64, 48)
_DIFFERENCE = {"JPEG": 8, "GIF": 8}
"""How far a colour may move, of 255: JPEG is lossy, and the frames of a GIF get a common palette."""


def image(mode: str = "RGB", turned: int = 0) -> Image.Image:
    """A picture that is not the same upside down."""
    made = Image.linear_gradient("L").resize(SIZE).rotate(turned)
    return made.convert(mode)


def exif(orientation: int = 1) -> bytes:
    made = Image.Exif()
    made[0x010F], made[0x0112] = CANARY, orientation
    made.get_ifd(0x8825)[29] = CANARY
    return made.tobytes()


def saved(kind: str, mode: str = "RGB", frames: int = 1, **more: Any) -> bytes:
    out = io.BytesIO()
    if frames > 1:
        more |= {"save_all": True, "append_images": [image(mode, 90 * n) for n in range(1, frames)]}
    image(mode).save(out, kind, **more)
    return out.getvalue()


def png_info() -> PngImagePlugin.PngInfo:
    made = PngImagePlugin.PngInfo()
    made.add_text("Comment", CANARY)
    made.add_itxt("XML:com.adobe.xmp", CANARY, zip=False)
    return made


def tiff_info() -> TiffImagePlugin.ImageFileDirectory_v2:
    made = TiffImagePlugin.ImageFileDirectory_v2()
    made[270] = CANARY
    return made


def document() -> bytes:
    made = pikepdf.new()
    made.add_blank_page()
    made.docinfo["/Author"] = CANARY
    with made.open_metadata() as xmp:
        xmp["dc:title"] = CANARY
    picture = pikepdf.Stream(made, saved("JPEG", exif=exif(), comment=RAW))
    picture.stream_dict = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=SIZE[0],
        Height=SIZE[1],
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
        Metadata=pikepdf.Stream(made, RAW),
    )
    made.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=made.make_indirect(picture)))
    made.pages[0].obj["/PieceInfo"] = pikepdf.Dictionary(Program=pikepdf.String(CANARY))
    out = io.BytesIO()
    made.save(out, compress_streams=False)
    return out.getvalue()


PICTURES = {
    "JPEG": saved("JPEG", exif=exif(), comment=RAW, icc_profile=RAW * 20, quality=90) + RAW,
    "JPEG grey": saved("JPEG", "L", exif=exif()),
    "JPEG CMYK": saved("JPEG", "CMYK", exif=exif()),
    "PNG": saved("PNG", pnginfo=png_info(), exif=exif()),
    "PNG palette": saved("PNG", "P", pnginfo=png_info()),
    "PNG alpha": saved("PNG", "LA", pnginfo=png_info()),
    "PNG bits": saved("PNG", "1", pnginfo=png_info()),
    "PNG moving": saved("PNG", frames=3, pnginfo=png_info()),
    "GIF": saved("GIF", "P", comment=RAW),
    "GIF moving": saved("GIF", frames=3, comment=RAW, duration=[100, 200, 300], loop=2),
    "WEBP": saved("WEBP", exif=exif(), xmp=RAW, lossless=True),
    "WEBP moving": saved("WEBP", frames=2, xmp=RAW, lossless=True),
    "TIFF": saved("TIFF", tiffinfo=tiff_info()),
    "TIFF pages": saved("TIFF", frames=2, tiffinfo=tiff_info()),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_keep_their_pixels_and_nothing_else(name: str) -> None:
    original = PICTURES[name]
    cleaned = cleaner.clean(original)
    assert RAW in original
    assert RAW not in cleaned
    assert b"49.6116" not in cleaned
    before, after = Image.open(io.BytesIO(original)), Image.open(io.BytesIO(cleaned))
    assert after.format == before.format
    assert getattr(after, "n_frames", 1) == getattr(before, "n_frames", 1)
    for frame in range(getattr(after, "n_frames", 1)):
        before.seek(frame)
        after.seek(frame)
        was, now = before.convert("RGBA").tobytes(), after.convert("RGBA").tobytes()
        assert max(abs(a - b) for a, b in zip(was, now, strict=True)) <= _DIFFERENCE.get(name.split()[0], 1)
    assert CANARY not in map(str, after.getexif().values())
    assert cleaner.clean(original) == cleaned


def test_a_turned_picture_stands_upright() -> None:
    cleaned = Image.open(io.BytesIO(cleaner.clean(saved("JPEG", exif=exif(orientation=6)))))
    assert cleaned.size == (SIZE[1], SIZE[0])


def test_a_moving_picture_keeps_its_pace() -> None:
    moving = Image.open(io.BytesIO(cleaner.clean(PICTURES["GIF moving"])))
    assert moving.info["loop"] == 2
    paces = []
    for frame in range(moving.n_frames):  # type: ignore[attr-defined]
        moving.seek(frame)
        paces.append(moving.info["duration"])
    assert paces == [100, 200, 300]


def test_documents() -> None:
    original = document()
    cleaned = cleaner.clean(original)
    assert RAW in original
    with pikepdf.open(io.BytesIO(cleaned)) as found:
        assert len(found.pages) == 1
        assert "/Metadata" not in found.Root
        assert not found.docinfo
        assert "/PieceInfo" not in found.pages[0].obj
        inside = found.pages[0].Resources.XObject.Im
        assert RAW not in inside.read_raw_bytes()
        assert pikepdf.PdfImage(inside).as_pil_image().size == SIZE
        found.save(whole := io.BytesIO(), compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert RAW not in whole.getvalue()
    assert cleaner.clean(original) == cleaned


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few KiB that unpacks to a great many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 + width) * 100, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def encrypted() -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.save(out, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return out.getvalue()


REFUSED = {
    "text": (b"hello", "none of the kinds"),
    "nothing": (b"", "none of the kinds"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "none of the kinds"),
    "bmp": (saved("BMP"), "none of the kinds"),
    "cut short": (PICTURES["PNG"][:-100], "damaged"),
    "bomb": (bomb(30_000, 30_000), "too large"),
    "bomb of a size that can be": (bomb(9_000, 9_000), "too large"),
    "PDF with a password": (encrypted(), "password"),
    "damaged PDF": (b"%PDF-1.7 nothing of a document", "damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_said(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(DeskError, match=reason):
        cleaning.cleaned(data)


def test_too_many_frames_are_refused() -> None:
    frames = [Image.new("1", (1, 1), n % 2) for n in range(cleaner.FRAMES + 1)]
    out = io.BytesIO()
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    with pytest.raises(RefusedFile, match="too large"):
        cleaner.clean(out.getvalue())


def test_it_ends_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "SECONDS", 0.0)
    with pytest.raises(DeskError, match="longer than 0 seconds"):
        cleaning.cleaned(PICTURES["PNG"])


@pytest.fixture
def filed(desk: Desk, portal: PlayedPortal, importing: Import) -> cases.Case:
    files = [PICTURES["JPEG"], b"no picture"]
    portal.file(draft(channel="travel", files=files), files=files)
    importing(portal.export())
    return cases.listed(desk.casebook)[0]


def test_both_hashes_are_kept(desk: Desk, filed: cases.Case, tmp_path: Path) -> None:
    out = tmp_path / "copy.jpg"
    made = cleaning.clean(desk, filed, 1, out)
    assert out.read_bytes() == made.data == cleaner.clean(PICTURES["JPEG"])
    assert out.stat().st_mode & 0o777 == 0o600
    original = hashlib.sha256(PICTURES["JPEG"]).digest()
    assert desk.casebook.all("SELECT number, original, sha256, size, day, person FROM cleaned") == [
        (1, original, hashlib.sha256(made.data).digest(), len(made.data), desk.today.isoformat(), "default")
    ]
    (said,) = [record for record in custody.records(desk.casebook) if record.entry.act == "cleaned"]
    assert said.details == {"original": original.hex(), "sha256": made.sha256, "size": len(made.data)}


def test_what_cannot_be_cleaned_makes_no_file(desk: Desk, filed: cases.Case, tmp_path: Path) -> None:
    for number, reason in ((2, "Attachment 2 cannot be cleaned: it is none"), (3, "no attachment 3")):
        with pytest.raises(DeskError, match=reason):
            cleaning.clean(desk, filed, number, tmp_path / "copy")
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(DeskError, match="exists already"):
        cleaning.clean(desk, filed, 1, tmp_path / "taken")
    assert not (tmp_path / "copy").exists()
    assert desk.casebook.all("SELECT * FROM cleaned") == []
