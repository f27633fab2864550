"""ASCII armor (C2SP age.md): strict PEM (RFC 7468 section 3, figure 3) with the label AGE ENCRYPTED FILE.

Lines of 64 characters of padded base64, the last one shorter or full. Reading allows LF and CR LF, and whitespace
before and after the block, nothing else.
"""

import binascii
from collections.abc import Iterable, Iterator
from itertools import chain

from portal.age import limits
from portal.age.header import MAGIC
from portal.age.primitives import Piece
from portal.errors import ArmorFailure

_BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END = b"-----END AGE ENCRYPTED FILE-----"
_COLUMNS = 64
_LINE_BYTES = 48
_WHITESPACE = b" \t\r\n"
_LONGEST_LINE = limits.ARMOR_WHITESPACE_BYTES + len(_BEGIN)
_STEP = 1024 * _LINE_BYTES
_PIECES_HELD_BACK = 3


def armor(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The armored form of a binary age file."""
    yield _BEGIN + b"\n"
    rest = b""
    for piece in _steps(pieces):
        data = rest + piece
        whole = len(data) - len(data) % _LINE_BYTES
        yield _lines(data[:whole])
        rest = data[whole:]
    yield _lines(rest) + _END + b"\n"


def dearmor(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The binary age file in an armored one. Raises ArmorFailure, at the latest when the stream ends.

    The last pieces are held back, so that nothing comes out of a small file that is not armored well as a whole.
    """
    begun = ended = short = False
    after = 0
    held: list[bytes] = []
    for lines in _line_batches(_without_leading_whitespace(pieces)):
        if lines and not begun:
            if lines.pop(0) != _BEGIN:
                raise ArmorFailure("The armor does not begin with its first line.")
            begun = True
        if not ended:
            end = next((number for number, line in enumerate(lines) if line.startswith(_END)), None)
            body = lines[:end]
            ended = end is not None
            lines = [lines[end][len(_END) :], *lines[end + 1 :]] if end is not None else []
            if body and short:
                raise ArmorFailure("The armor has a line after one that is not full.")
            if body:
                held.append(_decode(body))
                short = len(held[-1]) % _LINE_BYTES > 0
                if len(held) > _PIECES_HELD_BACK:
                    yield held.pop(0)
        after += sum(len(line) + 1 for line in lines)
        if any(line.strip(_WHITESPACE) for line in lines) or after > limits.ARMOR_WHITESPACE_BYTES:
            raise ArmorFailure("There is something after the end of the armor.")
    if not ended:
        raise ArmorFailure("The armor is not there or was cut short; get the file again, whole.")
    yield from held


def strip_armor(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """A binary age file from one that may be armored (see `is_armored`). Raises ArmorFailure as `dearmor` does."""
    source = iter(pieces)
    head = b""
    for piece in source:
        head += piece
        if len(head) >= _LONGEST_LINE:
            break
    whole = chain([head], source)
    return dearmor(whole) if is_armored(head) else whole


def is_armored(head: bytes) -> bool:
    """Whether a file that begins with `head` is meant as armor: it is not a binary age file, and there are dashes."""
    return not head.startswith(MAGIC) and b"-----" in head[:_LONGEST_LINE]


def _lines(data: bytes) -> bytes:
    text = binascii.b2a_base64(data, newline=False)
    return b"".join(text[start : start + _COLUMNS] + b"\n" for start in range(0, len(text), _COLUMNS))


def _decode(lines: list[bytes]) -> bytes:
    """What the lines of the body hold. Only the last one may be shorter, or end with padding."""
    if any(len(line) != _COLUMNS for line in lines[:-1]) or not 0 < len(lines[-1]) <= _COLUMNS:
        raise ArmorFailure("The armor has a line of the wrong length.")
    text = b"".join(lines)
    try:
        data = binascii.a2b_base64(text)
    except binascii.Error:
        data = b""
    if binascii.b2a_base64(data, newline=False) != text:
        raise ArmorFailure("The armor has characters that are not canonical base64.")
    return data


def _without_leading_whitespace(pieces: Iterable[Piece]) -> Iterator[bytes]:
    skipped = 0
    source = _steps(pieces)
    for piece in source:
        text = piece.lstrip(_WHITESPACE)
        skipped += len(piece) - len(text)
        if skipped > limits.ARMOR_WHITESPACE_BYTES:
            raise ArmorFailure("There is too much whitespace before the armor.")
        if text:
            yield text
            break
    yield from source


def _line_batches(pieces: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines that each piece completes, without LF or CR LF; at the end what stands after the last of them."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise ArmorFailure("The armor has a line of the wrong length.")
        yield [line.removesuffix(b"\r") for line in lines]
    yield [rest]


def _steps(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The same stream in pieces of bounded size."""
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), _STEP):
            yield bytes(view[start : start + _STEP])
