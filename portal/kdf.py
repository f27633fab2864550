"""HKDF-SHA-256 (RFC 5869) with an empty salt, as docs/format.md uses it throughout."""

import hashlib
import hmac

_HASH_BYTES = 32


def hkdf(key: bytes, info: bytes, size: int = 32) -> bytes:
    """`size` bytes (at most 8,160) derived from `key` for the purpose `info`."""
    pseudorandom_key = hmac.digest(bytes(_HASH_BYTES), key, "sha256")
    output, block = b"", b""
    for counter in range(1, -(-size // _HASH_BYTES) + 1):
        block = hmac.digest(pseudorandom_key, block + info + bytes([counter]), "sha256")
        output += block
    return output[:size]


def sha256(data: bytes) -> bytes:
    """SHA-256 of `data`, 32 bytes."""
    return hashlib.sha256(data).digest()
