"""An item with attachments, sealed while they come in (docs/format.md section 2, docs/decisions/0023).

The chunks of an age file are sealed one by one, in any order. So each goes to its final place as soon as its content
is known, and when the last attachment has come only the front, which has a room of fixed size, and the end are left:

    | report.json, report.sig, report.txt, padding | header | attachment | header | attachment | … | NUL |
    |<------------ parcel.FRONT_BYTES ------------>|

An attachment's header says how long it is, so the one chunk that holds the header waits in memory for its end. Where
all attachments together fill no chunk, nothing was sealed before the report was known: no room is left then, and the
item is as large as if it had been packed at the end, like one without attachments if it can be.

Rules kept here:
- Nothing reaches the disk that is not sealed. The keys are in memory only, and so is every chunk that waits.
- A chunk is sealed once: its number, which is its nonce, is never used again.
- The file has no name, so a crash frees it. Memory does not grow with the size.

Not thread-safe: one user at a time.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from portal import archive, parcel
from portal.age import CHUNK_BYTES, SEALED_CHUNK_BYTES, ChunkSealer, FileKeys, Recipient
from portal.limits import MIB
from portal.spool import NamelessFile, Piece

_FRONT_CHUNKS = parcel.FRONT_BYTES // CHUNK_BYTES


class Sealing:
    """One item on its way in. `begin`, `write` and `end` for each attachment, then `finish`, then `pieces`.

    Whatever raises OSError closes it.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is where the file without a name is made, when the first chunk is full."""
        self._file = NamelessFile(folder)
        self._keys = FileKeys()
        self._seal = ChunkSealer(self._keys.payload_key)
        self._number = _FRONT_CHUNKS
        self._chunk = bytearray(CHUNK_BYTES)
        self._filled = 0
        """So many bytes of chunk `_number` are known; a full one stays until more follows."""
        self._header: int | None = None
        """Where the header of the attachment at hand stands in the archive; None if it is whole."""
        self._held: bytearray | None = None
        """The full chunk with that header; None while it is `_chunk`."""
        self._before_chunks = b""
        self._chunk_bytes = 0
        self.sizes: list[int] = []
        """Bytes of each attachment, in their order."""
        self._finished = False
        self.closed = False

    @property
    def _position(self) -> int:
        return self._number * CHUNK_BYTES + self._filled

    def begin(self) -> None:
        """The next attachment begins. Raises OSError."""
        self._check_open()
        self._header = self._position
        self._append(bytes(archive.BLOCK))
        self.sizes.append(0)

    def write(self, piece: Piece) -> None:
        """More of the attachment at hand. Raises OSError."""
        self.sizes[-1] += len(piece)
        self._append(piece)

    def end(self) -> None:
        """The attachment at hand is whole. Raises OSError."""
        if self._header is None:
            raise ValueError("no attachment has begun")
        size = self.sizes[-1]
        self._append(bytes(archive.padding(size)))
        # Headers and chunks both begin at multiples of 512, so a header is never in two chunks.
        number, offset = divmod(self._header, CHUNK_BYTES)
        self._header = None
        chunk = self._chunk if self._held is None else self._held
        chunk[offset : offset + archive.BLOCK] = archive.header(parcel.attachment_name(len(self.sizes)), size)
        if self._held is not None:
            self._held = None
            self._put(number, chunk)

    def finish(self, report: bytes, signature: bytes, text: str, recipients: Sequence[Recipient]) -> None:
        """Seal what is left; to be called once. Raises ParcelError if the report is too long, KeyFailure, OSError."""
        self._check_open()
        if self._header is not None:
            raise ValueError("an attachment is not whole")
        is_ahead = self._number > _FRONT_CHUNKS
        front = parcel.filled_front(report, signature, text) if is_ahead else parcel.front(report, signature, text)
        self._before_chunks = self._keys.front(recipients)
        if is_ahead:
            for number in range(_FRONT_CHUNKS):
                self._put(number, front[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES])
        else:
            attachments = self._chunk[: self._filled]
            self._number = self._filled = 0
            self._append(front + attachments)
        end = parcel.padded_with_attachments(self._position + archive.END_BYTES)
        for zeros in parcel.zeros(end - self._position):
            self._append(zeros)
        self._put(self._number, memoryview(self._chunk)[: self._filled], last=True)
        self._finished = True

    @property
    def size(self) -> int:
        """Bytes of the finished item."""
        return len(self._before_chunks) + self._chunk_bytes

    def pieces(self) -> Iterator[bytes]:
        """The finished item, in pieces of 1 MiB. Raises SpoolError if the file was cut short."""
        at, before = 0, self._before_chunks
        while at < self._chunk_bytes:
            wanted = min(MIB - len(before), self._chunk_bytes - at)
            yield before + self._file.read(at, wanted)
            at, before = at + wanted, b""

    def close(self) -> None:
        """Forget everything. More than once does no harm."""
        self.closed = True
        self._chunk, self._held = bytearray(), None
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self.closed or self._finished:
            raise ValueError("the item is closed, or finished")

    def _append(self, data: Piece) -> None:
        self._check_open()
        rest = memoryview(data)
        while self._filled + len(rest) > CHUNK_BYTES:
            room = CHUNK_BYTES - self._filled
            self._chunk[self._filled :] = rest[:room]
            rest = rest[room:]
            if self._header is not None and self._header // CHUNK_BYTES == self._number:
                self._held, self._chunk = self._chunk, bytearray(CHUNK_BYTES)
            else:
                self._put(self._number, self._chunk)
            self._number += 1
            self._filled = 0
        end = self._filled + len(rest)
        self._chunk[self._filled : end] = rest
        self._filled = end

    def _put(self, number: int, chunk: Piece, *, last: bool = False) -> None:
        """Seal a chunk and write it to its place."""
        sealed, at = self._seal(number, chunk, last=last), number * SEALED_CHUNK_BYTES
        try:
            self._file.write(at, sealed)
        except BaseException:
            self.close()
            raise
        self._chunk_bytes = max(self._chunk_bytes, at + len(sealed))
