"""Base64 and key derivation as C2SP age.md ("Conventions") wants them, and the body of X25519 and scrypt stanzas."""

import base64
import binascii
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

FILE_KEY_BYTES = 16
TAG_BYTES = 16
WRAPPED_KEY_BYTES = FILE_KEY_BYTES + TAG_BYTES
"""A stanza's body. It is checked before opening: a longer one could hold many keys' worth (partitioning oracle)."""

_HASH_BYTES = 32
_ZERO_NONCE = bytes(12)

Piece = bytes | bytearray | memoryview
"""One piece of a stream; nobody keeps it beyond the step of the iterator that gave it."""


def encode_base64(data: bytes) -> str:
    """Standard base64 (RFC 4648 section 4) without padding."""
    return base64.b64encode(data).decode("ascii").rstrip("=")


def decode_base64(text: str) -> bytes:
    """The bytes of unpadded base64. Raises ValueError for anything but its one canonical encoding."""
    try:
        data = binascii.a2b_base64(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if encode_base64(data) != text:
        raise ValueError("not canonical base64")
    return data


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869) of one block: 32 bytes."""
    pseudorandom_key = hmac.digest(salt or bytes(_HASH_BYTES), key, "sha256")
    return hmac.digest(pseudorandom_key, info + b"\x01", "sha256")


def wrap(wrap_key: bytes, file_key: bytes) -> bytes:
    """A stanza's body, 32 bytes. The nonce is fixed, as each wrap key (32 bytes) is made for one stanza."""
    return ChaCha20Poly1305(wrap_key).encrypt(_ZERO_NONCE, file_key, None)


def unwrap(wrap_key: bytes, body: bytes) -> bytes | None:
    """The file key, 16 bytes, or None if the body is for another key. `body` has 32 bytes."""
    try:
        return ChaCha20Poly1305(wrap_key).decrypt(_ZERO_NONCE, body, None)
    except InvalidTag:
        return None
