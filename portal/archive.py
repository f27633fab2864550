"""The one shape of ustar archive that Portevoix writes and reads (docs/format.md section 2).

Every field of a header but name and size is fixed, so a reader rebuilds the header and compares: what it
accepts, it would have written. Pure: bytes and iterators in and out.
"""

import re
import tarfile
from collections.abc import Iterable, Iterator

from portal.errors import FormatError

BLOCK = 512
END_BYTES = 2 * BLOCK
"""The two blocks of NUL with which POSIX ends an archive."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(?:[./][a-z0-9][a-z0-9-]*)*")
_SIZE = slice(124, 135)
_READ_BYTES = 64 * 1024


def header(name: str, size: int) -> bytes:
    """The 512-byte header block of a regular file (POSIX.1-1988 ustar)."""
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def padding(size: int) -> int:
    """How many NUL follow a member of `size` bytes."""
    return -size % BLOCK


def member_size(size: int) -> int:
    """What a member of `size` bytes takes in the archive, header and padding included, bytes."""
    return BLOCK + size + padding(size)


def member(name: str, size: int, content: Iterable[bytes]) -> Iterator[bytes]:
    """One member as it stands in the archive. Raises FormatError if `content` is not `size` bytes long."""
    yield header(name, size)
    seen = 0
    for piece in content:
        seen += len(piece)
        yield piece
    if seen != size:
        raise FormatError("A member of the archive is not as long as was said: start again.")
    yield bytes(padding(size))


class Reader:
    """Reads an archive from pieces of any size, forwards only, in constant memory.

    Iteration gives `(name, size)`; the content of a member is read with `content` or `read` before the next.
    What was not read is skipped. Raises FormatError for everything that `header` would not have written.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._buffer = b""
        self._left = 0
        self._padding = 0
        self.position = 0
        """Bytes of the archive that were read so far."""

    def __iter__(self) -> Iterator[tuple[str, int]]:
        while True:
            for _ in self.content():
                pass
            if any(self._take(self._padding)):
                raise FormatError("The archive has data where it must have none: it was changed or is not ours.")
            self._padding = 0
            block = self._take(BLOCK)
            if not any(block):
                return
            yield self._open(block)

    def _open(self, block: bytes) -> tuple[str, int]:
        name = block[:100].rstrip(b"\0").decode("ascii", "replace")
        digits = block[_SIZE].decode("ascii", "replace")
        if not (_NAME.fullmatch(name) and re.fullmatch("[0-7]{11}", digits) and block == header(name, int(digits, 8))):
            raise FormatError("The archive has a header that Portevoix does not write: it was changed or is not ours.")
        self._left = int(digits, 8)
        self._padding = padding(self._left)
        return name, self._left

    def content(self) -> Iterator[bytes]:
        """The content of the member at hand, or what is left of it, in pieces of at most 64 KiB."""
        while self._left:
            piece = self._take(min(self._left, _READ_BYTES))
            self._left -= len(piece)
            yield piece

    def read(self, limit: int) -> bytes:
        """The content of the member at hand. Raises FormatError if it is longer than `limit` bytes."""
        if self._left > limit:
            raise FormatError("A member of the archive is larger than it may be.")
        return b"".join(self.content())

    def end(self) -> int:
        """Read what follows the first end block; it must be NUL. Returns the size of the whole archive, bytes."""
        while self._buffer or self._fill():
            if any(self._buffer):
                raise FormatError("Something follows the end of the archive: it was changed or is not ours.")
            self.position += len(self._buffer)
            self._buffer = b""
        return self.position

    def ends_exactly(self) -> bool:
        """Read what follows the last member; whether that is the two end blocks and nothing else."""
        expected = self.position - BLOCK + END_BYTES
        return self.end() == expected

    def _fill(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._buffer += piece
                return True
        return False

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if not self._fill():
                raise FormatError("The archive is cut short: copy it again from where it came.")
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self.position += count
        return taken
