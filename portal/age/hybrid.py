"""The recipient type `mlkem768x25519` (C2SP age.md), post-quantum: HPKE SealBase (RFC 9180).

The KEM joins ML-KEM-768 (FIPS 203) and X25519; it is MLKEM768-X25519 of draft-ietf-hpke-pq, also known as X-Wing.
"""

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from portal.age import bech32
from portal.age.header import Header, Stanza
from portal.age.primitives import FILE_KEY_BYTES, WRAPPED_KEY_BYTES, decode_base64, encode_base64
from portal.age.x25519 import check_point, shares_nothing
from portal.errors import HeaderFailure, KeyFailure

TYPE = "mlkem768x25519"
RECIPIENT_PREFIX = "age1pq"
IDENTITY_PREFIX = "AGE-SECRET-KEY-PQ-"
RECIPIENT_BYTES = 1216
SEED_BYTES = 32

_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_ML_KEM_KEY_BYTES = 1184
_ML_KEM_SEED_BYTES = 64
_ML_KEM_CIPHERTEXT_BYTES = 1088
_ENC_BYTES = 1120


class HybridRecipient:
    """`age1pq1…`. Equal to another one of the same key."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._key = _public_key(data)

    @classmethod
    def parse(cls, text: str) -> "HybridRecipient":
        """Raises KeyFailure if `text` is not exactly one recipient `age1pq1…`."""
        return cls(bech32.decode(RECIPIENT_PREFIX, text, RECIPIENT_BYTES))

    @classmethod
    def from_bytes(cls, data: bytes) -> "HybridRecipient":
        """From 1,216 bytes: the ML-KEM-768 key (1,184), then the X25519 point (32). Raises KeyFailure."""
        return cls(bytes(data))

    def wrap(self, file_key: bytes) -> Stanza:
        """Wraps the file key (16 bytes)."""
        sealed = _SUITE.encrypt(file_key, self._key, _INFO)
        return Stanza((TYPE, encode_base64(sealed[:_ENC_BYTES])), sealed[_ENC_BYTES:])

    def __bytes__(self) -> bytes:
        return self._data

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, self._data)

    def __repr__(self) -> str:
        return f"HybridRecipient.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HybridRecipient) and other._data == self._data

    def __hash__(self) -> int:
        return hash(self._data)


class HybridIdentity:
    """`AGE-SECRET-KEY-PQ-1…`, a seed of 32 bytes. `str()` gives the secret, `repr()` does not."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise KeyFailure(f"The seed of an identity has {SEED_BYTES} bytes, not {len(seed)}.")
        self._seed = seed

    @classmethod
    def generate(cls) -> "HybridIdentity":
        return cls(os.urandom(SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "HybridIdentity":
        """From 32 bytes. Raises KeyFailure for another number of them."""
        return cls(bytes(seed))

    @classmethod
    def parse(cls, text: str) -> "HybridIdentity":
        """Raises KeyFailure if `text` is not exactly one identity `AGE-SECRET-KEY-PQ-1…`."""
        return cls(bech32.decode(IDENTITY_PREFIX, text, SEED_BYTES))

    @cached_property
    def recipient(self) -> HybridRecipient:
        """Files encrypted to it are opened by this identity."""
        ml_kem, x25519 = self._halves
        return HybridRecipient(ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None. Raises HeaderFailure for a malformed stanza of this type."""
        for stanza in stanzas:
            if stanza.type == TYPE and (file_key := self._open(_enc(stanza), stanza.body)) is not None:
                return file_key
        return None

    def __str__(self) -> str:
        return bech32.encode(IDENTITY_PREFIX, self._seed)

    def __repr__(self) -> str:
        return "HybridIdentity(…)"

    @cached_property
    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self._seed).digest(_ML_KEM_SEED_BYTES + 32)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_ML_KEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(expanded[_ML_KEM_SEED_BYTES:]),
        )

    @cached_property
    def _key(self) -> MLKEM768X25519PrivateKey:
        return MLKEM768X25519PrivateKey(*self._halves)

    def _open(self, enc: bytes, body: bytes) -> bytes | None:
        try:
            return _SUITE.decrypt(enc + body, self._key, _INFO)
        except InvalidTag:
            # HPKE refuses an all-zero X25519 secret with the same exception as a stanza for somebody else.
            if shares_nothing(self._halves[1], enc[_ML_KEM_CIPHERTEXT_BYTES:]):
                raise HeaderFailure("A mlkem768x25519 stanza has a forbidden X25519 share.") from None
            return None


def hybrid_header_size(recipients: int) -> int:
    """Bytes of the header of a file for so many hybrid recipients (see `sealed_size`)."""
    stanza = Stanza((TYPE, encode_base64(bytes(_ENC_BYTES))), bytes(WRAPPED_KEY_BYTES))
    return len(bytes(Header.build([stanza] * recipients, bytes(FILE_KEY_BYTES))))


def _public_key(data: bytes) -> MLKEM768X25519PublicKey:
    if len(data) != RECIPIENT_BYTES:
        raise KeyFailure(f"A hybrid recipient has {RECIPIENT_BYTES} bytes, not {len(data)}.")
    try:
        ml_kem = MLKEM768PublicKey.from_public_bytes(data[:_ML_KEM_KEY_BYTES])
    except ValueError:
        # FIPS 203 section 7.2, the modulus check: a coefficient that is not reduced.
        raise KeyFailure("The ML-KEM-768 half of the recipient is not a valid key; ask for it again.") from None
    return MLKEM768X25519PublicKey(ml_kem, check_point(data[_ML_KEM_KEY_BYTES:]))


def _enc(stanza: Stanza) -> bytes:
    """The encapsulated key of a stanza of this type. Raises HeaderFailure if the stanza is not as age.md says."""
    try:
        _, argument = stanza.arguments
        enc = decode_base64(argument)
    except ValueError:
        raise HeaderFailure("A mlkem768x25519 stanza does not have one argument of canonical base64.") from None
    if len(enc) != _ENC_BYTES or len(stanza.body) != WRAPPED_KEY_BYTES:
        raise HeaderFailure("A mlkem768x25519 stanza has a share or a body of the wrong size.")
    return enc
