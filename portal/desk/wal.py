"""SQLite's write-ahead log, as far as a check needs it: is every frame in it as it was written?

SQLite takes a frame whose checksum is wrong for the end of the log, and so would silently forget what comes after it.
The layout is that of https://www.sqlite.org/fileformat2.html#walformat. Pure.
"""

import struct
from collections.abc import Iterator

_HEADER_BYTES = 32
_FRAME_BYTES = 24
"""The header of a frame; a page follows."""
_BIG_ENDIAN = 0x377F0683
_LITTLE_ENDIAN = 0x377F0682


def is_whole(data: bytes) -> bool:
    """Whether every frame of the log's present round (those with the salt of its header) has the right checksum.

    A last frame that is cut off is none: so a command that is killed leaves it.
    """
    if len(data) < _HEADER_BYTES:
        return True
    magic, _, page, _, *_ = struct.unpack(">8I", data[:_HEADER_BYTES])
    if magic not in (_BIG_ENDIAN, _LITTLE_ENDIAN):
        return False
    order = ">" if magic == _BIG_ENDIAN else "<"
    state = _checksum(order, data[:24], (0, 0))
    if state != struct.unpack(">2I", data[24:32]):
        return False
    for head, content in _frames(data, page):
        if head[8:16] != data[16:24]:
            return True
        state = _checksum(order, content, _checksum(order, head[:8], state))
        if state != struct.unpack(">2I", head[16:24]):
            return False
    return True


def _frames(data: bytes, page: int) -> Iterator[tuple[bytes, bytes]]:
    size = _FRAME_BYTES + page
    for start in range(_HEADER_BYTES, len(data) - size + 1, size):
        yield data[start : start + _FRAME_BYTES], data[start + _FRAME_BYTES : start + size]


def _checksum(order: str, data: bytes, state: tuple[int, int]) -> tuple[int, int]:
    one, two = state
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
