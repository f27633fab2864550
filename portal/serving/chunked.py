"""The chunked transfer coding (RFC 9112 section 7.1), strictly:

    chunked-body   = *chunk last-chunk trailer-section CRLF
    chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
    last-chunk     = 1*("0") [ chunk-ext ] CRLF

waitress' own receiver lets a line grow without end and takes quadratic time for many small chunks.
"""

import re
from enum import Enum, auto

from waitress.utilities import BadRequest

from portal import limits
from portal.serving.body import Body, Keeper
from portal.spool import Span

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(;[\t\x20-\x7e\x80-\xff]*)?")


class _Expect(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()


class ChunkedReceiver:
    """Takes a body out of its chunks; extensions and trailers are dropped. What waitress asks of a body receiver."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._expect = _Expect.SIZE
        self._line = b""
        self._left = 0
        self._trailer_bytes = 0
        self.completed = False
        self.error: BadRequest | None = None

    def received(self, data: bytes) -> int:
        """Take the next bytes of the connection; returns how many belong to this body."""
        at = 0
        content = bytearray()
        while at < len(data) and not self.completed and self.error is None:
            if self._expect is _Expect.DATA:
                piece = data[at : at + self._left]
                content += piece
                at += len(piece)
                self._left -= len(piece)
                if not self._left:
                    self._expect = _Expect.DATA_END
            else:
                at = self._take_line(data, at)
        if content:
            self._body.append(content)
        return at

    def _take_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at) + 1 or len(data)
        line = self._line + data[at:end]
        self._line = b""
        if len(line) > limits.CHUNK_LINE_BYTES:
            self._fail("a line is too long")
        elif not line.endswith(b"\n"):
            self._line = line
        elif not line.endswith(b"\r\n"):
            self._fail("bare LF")
        else:
            self._read_line(line[:-2])
        return end

    def _read_line(self, line: bytes) -> None:
        if self._expect is _Expect.SIZE:
            match = _SIZE_LINE.fullmatch(line)
            if match is None:
                self._fail("not a chunk size")
                return
            self._left = int(match[1], 16)
            self._expect = _Expect.DATA if self._left else _Expect.TRAILER
        elif self._expect is _Expect.DATA_END:
            if line:
                self._fail("a chunk is not as long as it said")
            self._expect = _Expect.SIZE
        else:
            self._trailer_bytes += len(line)
            self.completed = not line
            if self._trailer_bytes > limits.CHUNK_TRAILER_BYTES:
                self._fail("the trailer is too long")

    def _fail(self, reason: str) -> None:
        self.error = BadRequest(reason)

    def getfile(self) -> Span | Keeper:
        """What the application gets as `wsgi.input`."""
        return self._body.getfile()

    def getbuf(self) -> Body:
        """The body."""
        return self._body

    def __len__(self) -> int:
        return len(self._body)
