"""The recipient type `X25519` (C2SP age.md, RFC 7748). It is not post-quantum; Portevoix seals nothing to it."""

import os
from collections.abc import Sequence
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from portal.age import bech32
from portal.age.header import Stanza
from portal.age.primitives import WRAPPED_KEY_BYTES, decode_base64, encode_base64, hkdf, unwrap, wrap
from portal.errors import HeaderFailure, KeyFailure

TYPE = "X25519"
RECIPIENT_PREFIX = "age"
IDENTITY_PREFIX = "AGE-SECRET-KEY-"
KEY_BYTES = 32

_INFO = b"age-encryption.org/v1/X25519"
_PROBE = X25519PrivateKey.from_private_bytes(bytes(range(KEY_BYTES)))


class X25519Recipient:
    """`age1…`. Equal to another one of the same key."""

    def __init__(self, data: bytes) -> None:
        if len(data) != KEY_BYTES:
            raise KeyFailure(f"An X25519 recipient has {KEY_BYTES} bytes, not {len(data)}.")
        self._data = data
        self._key = check_point(data)

    @classmethod
    def parse(cls, text: str) -> "X25519Recipient":
        """Raises KeyFailure if `text` is not exactly one recipient `age1…`."""
        return cls(bech32.decode(RECIPIENT_PREFIX, text, KEY_BYTES))

    def wrap(self, file_key: bytes) -> Stanza:
        """Wraps the file key (16 bytes)."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        wrap_key = hkdf(ephemeral.exchange(self._key), share + self._data, _INFO)
        return Stanza((TYPE, encode_base64(share)), wrap(wrap_key, file_key))

    def __bytes__(self) -> bytes:
        return self._data

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, self._data)

    def __repr__(self) -> str:
        return f"X25519Recipient.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, X25519Recipient) and other._data == self._data

    def __hash__(self) -> int:
        return hash(self._data)


class X25519Identity:
    """`AGE-SECRET-KEY-1…`, a scalar of 32 bytes. `str()` gives the secret, `repr()` does not."""

    def __init__(self, scalar: bytes) -> None:
        if len(scalar) != KEY_BYTES:
            raise KeyFailure(f"The scalar of an identity has {KEY_BYTES} bytes, not {len(scalar)}.")
        self._scalar = scalar
        self._key = X25519PrivateKey.from_private_bytes(scalar)

    @classmethod
    def generate(cls) -> "X25519Identity":
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def parse(cls, text: str) -> "X25519Identity":
        """Raises KeyFailure if `text` is not exactly one identity `AGE-SECRET-KEY-1…`."""
        return cls(bech32.decode(IDENTITY_PREFIX, text, KEY_BYTES))

    @cached_property
    def recipient(self) -> X25519Recipient:
        """Files encrypted to it are opened by this identity."""
        return X25519Recipient(self._key.public_key().public_bytes_raw())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None. Raises HeaderFailure for a malformed stanza of this type."""
        for stanza in stanzas:
            if stanza.type == TYPE and (file_key := self._open(_share(stanza), stanza.body)) is not None:
                return file_key
        return None

    def __str__(self) -> str:
        return bech32.encode(IDENTITY_PREFIX, self._scalar)

    def __repr__(self) -> str:
        return "X25519Identity(…)"

    def _open(self, share: bytes, body: bytes) -> bytes | None:
        try:
            shared_secret = self._key.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:
            raise HeaderFailure("An X25519 stanza has a forbidden share.") from None
        return unwrap(hkdf(shared_secret, share + bytes(self.recipient), _INFO), body)


def check_point(data: bytes) -> X25519PublicKey:
    """The public key of 32 bytes. Raises KeyFailure for a point of low order, with which everyone shares the secret."""
    if shares_nothing(_PROBE, data):
        raise KeyFailure("The X25519 part of the recipient is not a valid key; ask for it again.")
    return X25519PublicKey.from_public_bytes(data)


def shares_nothing(key: X25519PrivateKey, point: bytes) -> bool:
    """Whether the shared secret with `point` (32 bytes) is all zero (RFC 7748 section 6.1)."""
    try:
        key.exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError:
        return True
    return False


def _share(stanza: Stanza) -> bytes:
    """The ephemeral share of a stanza of this type. Raises HeaderFailure if the stanza is not as age.md says."""
    try:
        _, argument = stanza.arguments
        share = decode_base64(argument)
    except ValueError:
        raise HeaderFailure("An X25519 stanza does not have one argument of canonical base64.") from None
    if len(share) != KEY_BYTES or len(stanza.body) != WRAPPED_KEY_BYTES:
        raise HeaderFailure("An X25519 stanza has a share or a body of the wrong size.")
    return share
