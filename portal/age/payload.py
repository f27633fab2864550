"""The payload of an age file (C2SP age.md, "Payload"): chunks of 64 KiB, each sealed with ChaCha20-Poly1305.

The nonce of a chunk is its number (11 bytes, big-endian) and a byte that is 1 for the last chunk, 0 for the others.
The payload key is new for every file, so a nonce never meets it twice.

pyca/cryptography reads a chunk where it lies (nacl.bindings wants a copy) and is more than twice as fast.
"""

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from portal.age.primitives import TAG_BYTES, Piece, hkdf
from portal.errors import PayloadFailure

NONCE_BYTES = 16
"""At the front of the payload; with the file key it makes the payload key."""
CHUNK_BYTES = 64 * 1024
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


def payload_size(plaintext_size: int) -> int:
    """Bytes of the payload of so many bytes of plaintext, with its nonce."""
    chunks = max(1, -(-plaintext_size // CHUNK_BYTES))
    return NONCE_BYTES + plaintext_size + chunks * TAG_BYTES


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """The key of a payload, 32 bytes, from the file key (16) and the payload's nonce (16)."""
    return hkdf(file_key, nonce, b"payload")


class ChunkSealer:
    """Seals the chunks of one payload, in any order.

    Warning: no two chunks may have the same number: a nonce would be used twice, which gives both away.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)

    def __call__(self, number: int, chunk: Piece, *, last: bool) -> bytes:
        """Chunk `number`, from 0, sealed: `SEALED_CHUNK_BYTES`. Only the last may come from less than CHUNK_BYTES."""
        return self._cipher.encrypt(_nonce(number, last), chunk, None)


def seal(key: bytes, plaintext: Iterable[Piece]) -> Iterator[bytes]:
    """The sealed chunks of `plaintext`, one at a time."""
    sealer = ChunkSealer(key)
    for number, (chunk, last) in enumerate(_chunks(plaintext, CHUNK_BYTES)):
        yield sealer(number, chunk, last=last)


def open_(key: bytes, payload: Iterable[Piece]) -> Iterator[bytes]:
    """The chunks of the plaintext, each after its tag was checked.

    Raises PayloadFailure at a chunk that was changed, and at the end if the payload was cut short or goes on after
    its last chunk: what was given out before is authentic, but not the whole.
    """
    cipher = ChaCha20Poly1305(key)
    for number, (chunk, last) in enumerate(_chunks(payload, SEALED_CHUNK_BYTES)):
        plaintext, marked_last = _open_chunk(cipher, number, chunk, last)
        if not plaintext and number > 0:
            raise PayloadFailure("The file ends with an empty chunk, which no writer makes.")
        yield plaintext
        if marked_last and not last:
            raise PayloadFailure("There is something after the end of the file.")
        if last and not marked_last:
            raise PayloadFailure("The file was cut short; get it again, whole.")


def _open_chunk(cipher: ChaCha20Poly1305, number: int, chunk: Piece, last: bool) -> tuple[bytes, bool]:
    """The plaintext of a chunk and whether it was sealed as the last one.

    A full chunk may be the last one with more behind it, or the opposite: its content is authentic in both cases.
    """
    for marked_last in (last, not last) if len(chunk) == SEALED_CHUNK_BYTES else (last,):
        try:
            return cipher.decrypt(_nonce(number, marked_last), chunk, None), marked_last
        except InvalidTag:
            continue
    raise PayloadFailure("A part of the file was changed or is missing; get it again, whole.")


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _chunks(pieces: Iterable[Piece], size: int) -> Iterator[tuple[Piece, bool]]:
    """Cuts a stream into chunks of `size` bytes, and says which is the last: that one may be shorter, but is empty
    only if the whole stream is. A chunk is valid until the next one is asked for."""
    held = memoryview(bytearray(size))
    filled = 0
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            if filled == size:
                yield held, False
                filled = 0
            if filled == 0 and len(rest) > size:
                yield rest[:size], False
                rest = rest[size:]
            else:
                part = rest[: size - filled]
                held[filled : filled + len(part)] = part
                filled += len(part)
                rest = rest[len(part) :]
    yield held[:filled], True
