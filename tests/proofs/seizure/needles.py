"""What is looked for after a seizure: texts in every form in which a program may have left them, bytes only.

A text is found in clear, in UTF-16, base64, hexadecimal, percent-encoded, and in all of these within what zlib, gzip,
bz2 or xz compressed. The search may find too much, by chance, once in 2^64 bytes; a text is 8 bytes or longer.
"""

import base64
import bz2
import contextlib
import lzma
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SHORTEST = 8
"""Bytes of the shortest text: a shorter one is found by chance."""
BLOCK_BYTES = 64 * 1024 * 1024
"""Of a file at once; the next block begins before the end of the last, by the longest needle."""
UNPACKED_BYTES = 16 * 1024 * 1024
"""Of one compressed stream."""
_STREAMS = {
    b"\x1f\x8b\x08": lambda: zlib.decompressobj(31),
    b"\x78\x01": zlib.decompressobj,
    b"\x78\x5e": zlib.decompressobj,
    b"\x78\x9c": zlib.decompressobj,
    b"\x78\xda": zlib.decompressobj,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
}
"""How a compressed stream begins, and what unpacks it."""


@dataclass(frozen=True)
class Found:
    """`what` is the name of a text, `form` how it was written, `place` the file."""

    what: str
    form: str
    place: str

    def __str__(self) -> str:
        return f"{self.what} ({self.form}) in {self.place}"


def forms(text: bytes) -> Iterator[tuple[str, bytes]]:
    """The forms of a text, by their names; of base64 what does not depend on what stands before and after."""
    yield "clear", text
    with contextlib.suppress(UnicodeDecodeError):
        yield "UTF-16LE", text.decode().encode("utf-16-le")
        yield "UTF-16BE", text.decode().encode("utf-16-be")
    yield "hexadecimal", text.hex().encode()
    yield "hexadecimal", text.hex().upper().encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + text)
        whole = encoded[(before * 8 + 5) // 6 : (before + len(text)) * 8 // 6]
        yield "base64", whole
        yield "base64", whole.translate(bytes.maketrans(b"+/", b"-_"))
    yield "percent-encoded", urllib.parse.quote_from_bytes(text, safe="").encode()
    yield "percent-encoded", urllib.parse.quote_plus(text, safe="").encode()


class Search:
    """Looks for `texts`, by name; for those that begin with `stem` only where the stem is found, which saves time."""

    def __init__(self, texts: Mapping[str, bytes], stem: bytes = b"") -> None:
        for name, text in texts.items():
            assert len(text) >= SHORTEST, name
        self._stem = [needle for _, needle in forms(stem)] if stem else [b""]
        self._stemmed: dict[bytes, tuple[str, str]] = {}
        self._others: dict[bytes, tuple[str, str]] = {}
        for name, text in texts.items():
            needles = self._stemmed if text.startswith(stem) else self._others
            for form, needle in forms(text):
                needles.setdefault(needle, (name, form))
        self._longest = max(map(len, [*self._stemmed, *self._others]), default=0)
        self.searched = 0
        """Bytes that were looked through."""

    def file(self, path: Path) -> list[Found]:
        """What `path` holds."""
        found: dict[Found, None] = {}
        with path.open("rb") as file:
            kept = b""
            while block := file.read(BLOCK_BYTES):
                self.searched += len(block)
                found |= dict.fromkeys(self.data(kept + block, str(path)))
                kept = block[-self._longest :]
        return list(found)

    def data(self, data: bytes, place: str) -> list[Found]:
        """What `data` holds, and what is compressed in it."""
        found = self.plain(data, place)
        view = memoryview(data)
        for start, make in _STREAMS.items():
            at = data.find(start)
            while at >= 0:
                if unpacked := _unpack(make(), view[at : at + UNPACKED_BYTES]):
                    found += [Found(one.what, f"compressed, {one.form}", place) for one in self.plain(unpacked, place)]
                at = data.find(start, at + 1)
        return found

    def plain(self, data: bytes, place: str) -> list[Found]:
        """What `data` holds as it is."""
        needles = dict(self._others)
        if any(needle in data for needle in self._stem):
            needles |= self._stemmed
        return [Found(*said, place) for needle, said in needles.items() if needle in data]


def _unpack(stream: "zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor", data: memoryview) -> bytes:
    """As far as it can be unpacked."""
    unpacked = b""
    # In small steps: what came before the first fault is looked at as well.
    for at in range(0, len(data), 512):
        try:
            unpacked += stream.decompress(data[at : at + 512])
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
            break
        if stream.eof or len(unpacked) > UNPACKED_BYTES:
            break
    return unpacked
