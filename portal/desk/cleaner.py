"""The process that cleans one file: standard input to standard output, without metadata (`portal.desk.cleaning`).

    python -I -m portal.desk.cleaner < photo.jpg > copy.jpg

Exit status 0, or 3 with one sentence why the file is refused. Everything read here is hostile, and is parsed by
libraries of C: so this process holds no secret, and on Linux it limits itself in memory, processor time and files
before it reads the first byte.
"""

import io
import sys
from collections.abc import Iterator
from typing import Any

import pikepdf
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

if sys.platform != "win32":
    import resource

CLEANED, REFUSED = 0, 3
PIXELS = 64_000_000
"""The largest picture, and all frames of one file together four times as much."""
FRAMES = 1_000
MEMORY_BYTES = 2 * 1024 * 1024 * 1024
CPU_SECONDS = 60
DAMAGED = "it is damaged, or too large when unpacked"
_KINDS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF")
_PDF = b"%PDF-"
_JPEG_METADATA = (*range(0xE1, 0xEE), 0xEF, 0xFE)
"""APP1 to APP13, APP15, COM: all but APP0 (JFIF) and APP14 (how colours are stored)."""


class RefusedFile(Exception):
    """The sentence says why."""


def clean(data: bytes) -> bytes:
    """The file without metadata. Raises RefusedFile."""
    if _PDF in data[:1024]:
        return _pdf(data)
    try:
        Image.MAX_IMAGE_PIXELS = PIXELS
        with Image.open(io.BytesIO(data), formats=_KINDS) as picture:
            return _picture(picture)
    except UnidentifiedImageError:
        raise RefusedFile(
            "it is none of the kinds that can be cleaned here (JPEG, PNG, GIF, WebP, TIFF, PDF)"
        ) from None


def _picture(picture: Image.Image) -> bytes:
    """The pixels of a picture, written anew."""
    kind, count = str(picture.format), getattr(picture, "n_frames", 1)
    if picture.width * picture.height > PIXELS or picture.width * picture.height * count > 4 * PIXELS or count > FRAMES:
        raise RefusedFile(DAMAGED)
    out = io.BytesIO()
    if kind == "JPEG" and isinstance(picture, JpegImageFile):
        # The same quantisation as before: the picture loses as little as can be.
        tables, sampling = picture.quantization, get_sampling(picture)
        upright = _bare(ImageOps.exif_transpose(picture))
        upright.save(out, "JPEG", qtables=tables, **({} if sampling < 0 else {"subsampling": sampling}))
    elif count > 1:
        durations = [int(frame.info.get("duration", 0)) for frame in ImageSequence.Iterator(picture)]
        first, *rest = _frames(picture)
        moving = {"duration": durations, "loop": int(picture.info.get("loop", 0))} if kind != "TIFF" else {}
        first.save(out, kind, save_all=True, append_images=rest, **_lossless(kind), **moving)
    else:
        _bare(ImageOps.exif_transpose(picture)).save(out, kind, **_lossless(kind))
    return out.getvalue()


def _frames(picture: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(picture):
        yield _bare(frame.convert("RGBA") if frame.mode in ("P", "PA") else frame)


def _bare(picture: Image.Image) -> Image.Image:
    """The pixels alone, without all that came with them."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    if picture.mode == "P" and (palette := picture.getpalette("RGBA")):
        bare.putpalette(palette, "RGBA")
    return bare


def _lossless(kind: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "TIFF": {"compression": "tiff_lzw"}}
    return known.get(kind, {})


def _pdf(data: bytes) -> bytes:
    """The document without its information, XMP and what programs left in it for themselves."""
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            if "/Info" in document.trailer:
                del document.trailer["/Info"]
            for key in ("/Metadata", "/PieceInfo"):
                if key in document.Root:
                    del document.Root[key]
            for thing in document.objects:
                _strip(thing)
            out = io.BytesIO()
            document.save(out, deterministic_id=True)
    except pikepdf.PasswordError:
        raise RefusedFile("it is protected with a password") from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError):
        raise RefusedFile(DAMAGED) from None
    return out.getvalue()


def _strip(thing: pikepdf.Object) -> None:
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return
    for key in ("/Metadata", "/PieceInfo", "/Thumb", "/LastModified"):
        if key in thing:
            del thing[key]
    if isinstance(thing, pikepdf.Stream) and thing.get("/Filter") == pikepdf.Name.DCTDecode:
        thing.write(_without_segments(thing.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)


def _without_segments(jpeg: bytes) -> bytes:
    """A JPEG without the segments that hold metadata (ITU-T T.81, B.1.1.4); as it is if it does not read so."""
    kept, place = [jpeg[:2]], 2
    while jpeg[place : place + 1] == b"\xff" and len(jpeg) >= place + 4:
        marker, length = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if marker == 0xDA:
            break
        if marker not in _JPEG_METADATA:
            kept.append(jpeg[place : place + 2 + length])
        place += 2 + length
    return b"".join([*kept, jpeg[place:]])


def _limit() -> None:
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Clean standard input; the exit status."""
    _limit()
    try:
        cleaned = clean(sys.stdin.buffer.read())
    except RefusedFile as refused:
        print(refused, file=sys.stderr)
        return REFUSED
    # Whatever a parser of hostile files raises, the file is not cleaned.
    except Exception:  # noqa: BLE001
        print(DAMAGED, file=sys.stderr)
        return REFUSED
    sys.stdout.buffer.write(cleaned)
    sys.stdout.buffer.flush()
    return CLEANED


if __name__ == "__main__":
    sys.exit(main())
