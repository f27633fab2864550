"""multipart/form-data (RFC 7578, RFC 2046 section 5.1), read once, from front to back.

    body      = [preamble CRLF] delimiter CRLF part *(CRLF delimiter CRLF part) CRLF delimiter "--" [epilogue]
    delimiter = "--" boundary
    part      = 1*(header CRLF) [CRLF *OCTET]

Texts are kept; the bytes of a file are handed on as they come, and what is left of it is its size and SHA-256. Line
breaks are CRLF, as every browser sends them.

A `Reader` is given the pieces as they come, while the body is still being received (docs/decisions/0017): it is a
coroutine that waits for bytes and for nothing else, so it needs no thread.

Pure: pieces of bytes in, parts and pieces out. Raises BadRequest for what is not well formed, RequestEntityTooLarge
for too much text or too many parts.
"""

import hashlib
import re
import types
from collections.abc import Callable, Coroutine, Generator, Iterable
from dataclasses import dataclass
from typing import Protocol

from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.http import parse_options_header

from portal import limits
from portal.spool import Piece

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")  # RFC 2046 section 5.1.1
_CRLF = b"\r\n"
_PART_BYTES = 512
"""What a part takes in memory besides its texts, about, bytes."""

_Sink = Callable[[memoryview], object]
"""Takes a piece of what is read; the piece never changes."""


class Taker(Protocol):
    """Takes the bytes of one file."""

    def write(self, piece: memoryview) -> object:
        """More of it, in order; a piece may be empty."""

    def end(self) -> object:
        """It is whole."""


Take = Callable[[str, str], Taker | None]
"""Names who takes a file, from the name of its field and its own, both as the client wrote them; None for nobody."""


def nobody(name: str, file_name: str) -> None:
    """Has nobody take a file."""


@dataclass(frozen=True)
class Text:
    """A field without a file name."""

    name: str
    value: str


@dataclass(frozen=True)
class File:
    """What is known of a file, `size` in bytes; `file_name` and `type` are as the client wrote them."""

    name: str
    file_name: str
    type: str
    size: int
    sha256: bytes


class Reader:
    """Reads a body of which it is given piece after piece. What `take` and its takers raise, `feed` passes on."""

    def __init__(self, boundary: str, take: Take = nobody) -> None:
        self._fed = 0
        self._take = take
        self._body = _Scanner()
        self._parts: list[Text | File] = []
        self._error: HTTPException | None = None
        self._is_done = False
        self._reading: Coroutine[None, Piece | None, None] = self._read(boundary)
        self._go_on(None)

    @property
    def held(self) -> int:
        """What is held in memory of that, at most, bytes."""
        return self._fed - self._body.passed_by + _PART_BYTES * len(self._parts)

    def feed(self, piece: Piece) -> bool:
        """Read on in `piece`, which must not change any more; whether there is a use for more."""
        self._fed += len(piece)
        if not self._is_done:
            self._go_on(piece)
        return not self._is_done

    def parts(self) -> list[Text | File]:
        """The parts in their order, once the whole body was fed."""
        if not self._is_done:
            raise BadRequest("The form was cut short: send it again.")
        if self._error is not None:
            raise self._error
        return self._parts

    def refuse(self, error: HTTPException) -> None:
        """Read no further, and raise `error` when the parts are asked for."""
        self._reading.close()
        self._is_done, self._error = True, error

    @property
    def failed(self) -> bool:
        """Whether there will be no parts."""
        return self._error is not None

    def _go_on(self, piece: Piece | None) -> None:
        try:
            self._reading.send(piece)
        except StopIteration:
            self._is_done = True
        except HTTPException as error:
            self._is_done, self._error = True, error

    async def _read(self, boundary: str) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise BadRequest("The form came without a usable boundary.")
        delimiter = _CRLF + b"--" + boundary.encode("ascii")
        body = self._body
        await body.until(delimiter, len)
        room = limits.FORM_BYTES
        while (end := await body.take(2)) != b"--":
            if len(self._parts) == limits.FORM_PARTS:
                raise RequestEntityTooLarge("The form has too many fields.")
            if end != _CRLF:
                raise BadRequest("The form has a delimiter that does not end its line.")
            part = await _read_part(body, delimiter, room, self._take)
            room -= _weight(part)
            self._parts.append(part)


def read(pieces: Iterable[Piece], boundary: str) -> list[Text | File]:
    """The parts of a body in their order."""
    reader = Reader(boundary)
    for piece in pieces:
        if not reader.feed(piece):
            break
    return reader.parts()


def _weight(part: Text | File) -> int:
    """What a part takes of `FORM_BYTES`."""
    return len(part.name.encode()) + (len(part.value.encode()) if isinstance(part, Text) else 0)


async def _read_part(body: "_Scanner", delimiter: bytes, room: int, take: Take) -> Text | File:
    block = _Gathered(limits.FORM_HEADER_BYTES)
    await body.until(_CRLF * 2, block.add)
    headers = _headers(bytes(block.taken))
    kind, options = parse_options_header(headers.get("content-disposition"))
    name = options.get("name")
    if kind.lower() != "form-data" or name is None:
        raise BadRequest("The form has a part without a name.")
    # A part may end after its headers: then the line break before the delimiter is that of the empty line.
    body.back(len(_CRLF))
    is_empty = await body.skip(delimiter)
    if not is_empty:
        await body.take(len(_CRLF))
    file_name = options.get("filename")
    if file_name is None:
        text = _Gathered(room - len(name.encode()))
        if not is_empty:
            await body.until(delimiter, text.add)
        return Text(name, text.taken.decode("utf-8", "replace"))
    digest, taker = hashlib.sha256(), take(name, file_name)

    def sink(piece: memoryview) -> None:
        digest.update(piece)
        if taker is not None:
            taker.write(piece)

    size = 0 if is_empty else await body.until(delimiter, sink, passes_by=True)
    if taker is not None:
        taker.end()
    return File(name, file_name, headers.get("content-type", ""), size, digest.digest())


class _Gathered:
    """Pieces as one. Raises RequestEntityTooLarge if they are longer than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = bytearray()

    def add(self, piece: memoryview) -> None:
        """Append a piece."""
        self.taken += piece
        if len(self.taken) > self._limit:
            raise RequestEntityTooLarge("The form has more text than can be taken at once.")


def _headers(block: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block.split(_CRLF):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        key = name.strip().lower()
        if not colon or key in found:
            raise BadRequest("The form has a part whose headers cannot be read.")
        found[key] = value.strip()
    return found


@types.coroutine
def _more() -> Generator[None, Piece, Piece]:
    """Wait for the next piece."""
    return (yield)


class _Scanner:
    """Looks for marks in a stream."""

    def __init__(self) -> None:
        # The first delimiter has no line break before it if there is no preamble.
        self._buffer = _CRLF
        self._at = 0
        self._base = -len(_CRLF)
        self.passed_by = 0
        """Bytes of which nothing is held any more: those of files."""

    @property
    def position(self) -> int:
        """How many bytes of the stream were taken."""
        return self._base + self._at

    async def until(self, mark: bytes, sink: _Sink, *, passes_by: bool = False) -> int:
        """Give `sink` what stands before the next `mark`, in pieces; returns its size. The mark is taken as well.

        `passes_by` says that the sink keeps nothing.
        """
        start = self.position
        while (found := self._buffer.find(mark, self._at)) < 0:
            # The last bytes may be the beginning of a mark.
            cut = max(self._at, len(self._buffer) - len(mark) + 1)
            sink(memoryview(self._buffer)[self._at : cut])
            self.passed_by += (cut - self._at) * passes_by
            self._at = cut
            await self._fill()
        sink(memoryview(self._buffer)[self._at : found])
        self._at = found
        size = self.position - start
        self._at += len(mark)
        return size

    def back(self, count: int) -> None:
        """Give back the last `count` bytes of a mark."""
        self._at -= count

    async def skip(self, mark: bytes) -> bool:
        """Take `mark` if it comes next."""
        while len(self._buffer) - self._at < len(mark):
            await self._fill()
        found = self._buffer.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    async def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._buffer) - self._at < count:
            await self._fill()
        taken = bytes(self._buffer[self._at : self._at + count])
        self._at += count
        return taken

    async def _fill(self) -> None:
        # What was read is let go before the wait, which may be long.
        self._buffer = self._buffer[self._at :]
        self._base += self._at
        self._at = 0
        self._buffer = b"".join((self._buffer, await _more()))
