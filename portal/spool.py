"""Where bytes lie while they pass through the portal: in memory while they are few, else in a file without a name.

Rules kept here:
- A file is unlinked before its first byte, so nothing has to be cleaned up after a crash.
- What a `Spool` writes is encrypted, each block once, under a key that was never written anywhere: the disk, the
  database of a file system's journal and a backup of the volume hold nothing that can ever be read again.
- Memory does not grow with the size.

Not thread-safe: one user at a time.
"""

import contextlib
import errno
import io
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.errors import SpoolError
from portal.limits import KIB, MIB

_KEY_BITS = 256
_TAG_BYTES = 16
_NONCE_BYTES = 12
_NO_TMPFILE = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS})
"""What file systems and kernels without O_TMPFILE answer (open(2))."""

Piece = bytes | bytearray | memoryview


def open_nameless(folder: Path) -> io.FileIO:
    """A new file in `folder`, for this process alone, that has no name and can never get one. Raises OSError."""
    flags = os.O_TMPFILE | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
    try:
        return open(os.open(folder, flags, 0o600), "r+b", buffering=0)
    except OSError as error:
        if error.errno not in _NO_TMPFILE:
            raise
    descriptor, name = tempfile.mkstemp(dir=folder)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name)
    return open(descriptor, "r+b", buffering=0)


class NamelessFile:
    """A file in `folder` that no crash leaves behind; it is made with its first byte, and read and written at places.

    What raises OSError names the folder, since the file has no name of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: io.FileIO | None = None

    def write(self, at: int, data: Piece) -> None:
        """Write all of `data`, the first byte at `at`. Raises OSError."""
        rest = memoryview(data)
        try:
            if self._file is None:
                self._file = open_nameless(self._folder)
            while rest:
                written = os.pwrite(self._file.fileno(), rest, at)
                at, rest = at + written, rest[written:]
        except OSError as error:
            error.filename = str(self._folder)
            raise

    def read(self, at: int, size: int) -> bytes:
        """`size` bytes from `at`. Raises SpoolError if so many were never written, or the file was cut short."""
        return self._whole(b"" if self._file is None else os.pread(self._file.fileno(), size, at), size)

    def close(self) -> None:
        """Let the disk have its room back. More than once does no harm."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @staticmethod
    def _whole(data: bytes, size: int) -> bytes:
        if len(data) != size:
            raise SpoolError("A file that was being received was cut short on the disk: send it again.")
        return data


class _Blocks(ABC):
    """Bytes that only grow, cut into blocks. A block goes to the file when it is full and more follows.

    So a block is written once and never changed, and up to one block stays in memory.
    """

    block_bytes: ClassVar[int]
    _overhead_bytes: ClassVar[int]
    _file_kind: ClassVar[type[NamelessFile]] = NamelessFile

    def __init__(self, folder: Path) -> None:
        self._file = self._file_kind(folder)
        self._count = 0
        self._tail = bytearray()
        self.closed = False

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._count * self.block_bytes + len(self._tail)

    def write(self, data: Piece) -> int:
        """Append `data`. Raises OSError, which names the folder, if the disk is full; the spool is closed then."""
        self._check_open()
        rest = memoryview(data)
        try:
            while len(self._tail) + len(rest) > self.block_bytes:
                room = self.block_bytes - len(self._tail)
                self._tail += rest[:room]
                sealed = self._seal(self._count, self._tail)
                self._file.write(self._count * len(sealed), sealed)
                self._count += 1
                self._tail = bytearray()
                rest = rest[room:]
            self._tail += rest
        except BaseException:
            self.close()
            raise
        return len(data)

    def pieces(self, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """The bytes from `start`, `size` of them or all, a block at a time.

        Raises SpoolError if the file was changed or cut short.
        """
        end = self.size if size is None else min(start + size, self.size)
        while start < end:
            number, skip = divmod(start, self.block_bytes)
            piece = self.block(number)[skip : skip + end - start]
            yield piece
            start += len(piece)

    def block(self, number: int) -> bytes:
        """Block `number`, from 0. Raises SpoolError if the file was changed or cut short."""
        self._check_open()
        if number == self._count:
            return bytes(self._tail)
        length = self.block_bytes + self._overhead_bytes
        return self._open(number, self._file.read(number * length, length))

    def close(self) -> None:
        """Forget everything. More than once does no harm."""
        self.closed = True
        self._tail = bytearray()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the spool is closed")

    @abstractmethod
    def _seal(self, number: int, block: bytearray) -> Piece: ...

    @abstractmethod
    def _open(self, number: int, sealed: bytes) -> bytes: ...


class Spool(_Blocks):
    """Holds what a reporter sends: up to 64 KiB in memory, the rest encrypted in a nameless file in `folder`.

    The cipher is AES-256-GCM (NIST SP 800-38D), the fastest where the processor knows AES (docs/decisions/0016). Each
    spool has its own key, and the number of a block is its nonce: a block is sealed once and never again, so no nonce
    meets a key twice.
    """

    block_bytes = 64 * KIB
    _overhead_bytes = _TAG_BYTES

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._cipher = AESGCM(AESGCM.generate_key(_KEY_BITS))

    def span(self, start: int = 0, size: int | None = None) -> "Span":
        """A part of the spool, or all of it, to read like a file."""
        return Span(self, start, self.size - start if size is None else size)

    def close(self) -> None:
        """Forget everything, the key first."""
        if not self.closed:
            del self._cipher
        super().close()

    def _seal(self, number: int, block: bytearray) -> bytes:
        return self._cipher.encrypt(number.to_bytes(_NONCE_BYTES, "big"), block, None)

    def _open(self, number: int, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(number.to_bytes(_NONCE_BYTES, "big"), sealed, None)
        except InvalidTag:
            raise SpoolError("A file that was being received was changed on the disk: send it again.") from None


class SealedSpool(_Blocks):
    """Holds what is ciphertext already, as it is: up to 1 MiB in memory, the rest in a nameless file in `folder`.

    Warning: what is written here may reach the disk unencrypted.
    """

    block_bytes = MIB
    _overhead_bytes = 0

    def _seal(self, number: int, block: bytearray) -> bytearray:
        return block

    def _open(self, number: int, sealed: bytes) -> bytes:
        return sealed


class Span(io.RawIOBase):
    """A part of a spool as a file to read. It keeps nothing of its own: the bytes go with their spool.

    `size` is in bytes.
    """

    def __init__(self, spool: Spool, start: int, size: int) -> None:
        super().__init__()
        self.spool = spool
        self.start = start
        self.size = size
        self._at = 0
        self._held = (-1, b"")

    def pieces(self) -> Iterator[bytes]:
        """All of it, from the start each time, in pieces of at most 64 KiB. Raises SpoolError."""
        return self.spool.pieces(self.start, self.size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if origin + offset < 0:
            raise ValueError("negative position")
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read up to the end of a block. Raises SpoolError."""
        piece = self.peek()[: len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def peek(self, size: int = 0) -> bytes:
        """What comes next, up to the end of a block; the position stays. Raises SpoolError."""
        if self._at >= self.size:
            return b""
        number, skip = divmod(self.start + self._at, self.spool.block_bytes)
        if self._held[0] != number:
            self._held = (number, self.spool.block(number))
        return self._held[1][skip : skip + self.size - self._at]

    def readall(self) -> bytes:
        """All that is left."""
        left = max(0, self.size - self._at)
        whole = b"".join(self.spool.pieces(self.start + self._at, left))
        self._at += left
        return whole

    def close(self) -> None:
        self._held = (-1, b"")
        super().close()
