"""The address of a version 3 onion service and the Ed25519 public key that it encodes. Pure: no files, no network.

    address = base32(PUBKEY ‖ CHECKSUM ‖ VERSION) ".onion"
    CHECKSUM = SHA3-256(".onion checksum" ‖ PUBKEY ‖ VERSION)[:2]

Source: Tor's rend-spec-v3, "Encoding onion addresses" [ONIONADDRESS].
"""

import base64
import binascii
import hashlib

from nacl.bindings import crypto_core_ed25519_is_valid_point

from .errors import AddressError

SUFFIX = ".onion"
PUBLIC_KEY_BYTES = 32
CHECKSUM_BYTES = 2
VERSION = b"\x03"
LABEL_CHARACTERS = 56
"""35 bytes in base32; a whole number of 5-bit groups, so there is neither padding nor a second spelling."""


def encode(public_key: bytes) -> str:
    """The address of an onion service, in lower case and with ".onion", 62 characters.

    `public_key` is the 32 bytes of an Ed25519 public key. Raises `AddressError` if it is no such key.
    """
    _check_key(public_key)
    raw = public_key + _checksum(public_key) + VERSION
    return base64.b32encode(raw).decode("ascii").lower() + SUFFIX


def decode(address: str) -> bytes:
    """The 32 bytes of the Ed25519 public key inside an address, in any case, with or without ".onion".

    Raises `AddressError` if the address has the wrong length, letters, version, checksum or key.
    """
    label = address.lower().removesuffix(SUFFIX)
    if len(label) != LABEL_CHARACTERS:
        raise AddressError(
            f"An onion address has {LABEL_CHARACTERS} characters before {SUFFIX}: copy the whole address."
        )
    try:
        raw = base64.b32decode(label.encode("ascii"), casefold=True)
    except (binascii.Error, UnicodeEncodeError):
        raise AddressError(
            "An onion address has only the letters a to z and the digits 2 to 7: copy it again."
        ) from None
    public_key, checksum, version = raw[:PUBLIC_KEY_BYTES], raw[PUBLIC_KEY_BYTES:-1], raw[-1:]
    if version != VERSION:
        raise AddressError("This onion address is not of version 3: ask for a new one.")
    if checksum != _checksum(public_key):
        raise AddressError("The checksum of this onion address is wrong: a letter is mistyped; copy it again.")
    _check_key(public_key)
    return public_key


def _checksum(public_key: bytes) -> bytes:
    return hashlib.sha3_256(b".onion checksum" + public_key + VERSION).digest()[:CHECKSUM_BYTES]


def _check_key(public_key: bytes) -> None:
    # Also refuses a point with a torsion component, as tor itself does: one key would have eight addresses.
    if len(public_key) != PUBLIC_KEY_BYTES or not crypto_core_ed25519_is_valid_point(public_key):
        raise AddressError("This is not the public key of an onion service: take the address that the portal prints.")
