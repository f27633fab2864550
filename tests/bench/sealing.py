"""What the age format adds to its cipher."""

import os
from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from portal.age import HybridIdentity, decrypt, encrypt
from portal.age.payload import CHUNK_BYTES, SEALED_CHUNK_BYTES
from portal.limits import MIB
from tests.bench.figures import Figure
from tests.bench.sampling import cpu_seconds

ABOUT = (
    "CPU time of sealing and opening 128 MiB as an age file, read in pieces of 1 MiB as a store gives them, beside "
    "bare ChaCha20-Poly1305 on chunks of the same 64 KiB; the quickest of five, in turn."
)
PIECES = 128
TIMES = 5
MOST = 1.25
_NONCE = bytes(12)


def measure() -> list[Figure]:
    """Sealing and opening, each beside its floor."""
    identity, cipher = HybridIdentity.generate(), ChaCha20Poly1305(bytes(32))
    plain = [os.urandom(MIB)] * PIECES
    file = _cut(b"".join(encrypt([identity.recipient], plain)), MIB)
    chunks = [chunk for piece in plain for chunk in _cut(piece, CHUNK_BYTES)]
    sealed = b"".join(cipher.encrypt(_NONCE, chunk, None) for chunk in chunks)
    return [
        _figure(
            "age, sealing",
            lambda: _drain(encrypt([identity.recipient], plain)),
            lambda: _drain(cipher.encrypt(_NONCE, chunk, None) for chunk in chunks),
        ),
        _figure(
            "age, opening",
            lambda: _drain(decrypt([identity], file)),
            lambda: _drain(cipher.decrypt(_NONCE, chunk, None) for chunk in _cut(sealed, SEALED_CHUNK_BYTES)),
        ),
    ]


def _figure(name: str, ours: Callable[[], None], bare: Callable[[], None]) -> Figure:
    pairs = [(cpu_seconds(ours), cpu_seconds(bare)) for _ in range(TIMES)]
    gigabytes = PIECES * MIB / 1e9
    value, floor = (1000 * min(times) / gigabytes for times in zip(*pairs, strict=True))
    return Figure(name, value, "ms/GB", MOST, floor)


def _cut(data: bytes, size: int) -> list[memoryview]:
    view = memoryview(data)
    return [view[start : start + size] for start in range(0, len(data), size)]


def _drain(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass
