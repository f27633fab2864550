"""Bech32 (BIP 173) without its limit of 90 characters, as C2SP age.md uses it for recipients and identities."""

import base64

from portal.errors import KeyFailure

_CHARSET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_VALUES = bytes.maketrans(_CHARSET, bytes(range(32)))
_CHECKSUM_CHARACTERS = 6


def _remainder(top: int) -> int:
    generator = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    value = 0
    for bit, coefficient in enumerate(generator):
        if top >> bit & 1:
            value ^= coefficient
    return value


_REMAINDERS = tuple(_remainder(top) for top in range(32))


def encode(prefix: str, data: bytes) -> str:
    """`data` under the human-readable `prefix`, in the case of the prefix."""
    letters = base64.b32encode(data).rstrip(b"=").translate(bytes.maketrans(_BASE32, _CHARSET))
    residue = _polymod(prefix.lower(), letters + b"q" * _CHECKSUM_CHARACTERS) ^ 1
    checksum = bytes(_CHARSET[residue >> 5 * (_CHECKSUM_CHARACTERS - 1 - i) & 31] for i in range(_CHECKSUM_CHARACTERS))
    text = f"{prefix.lower()}1{(letters + checksum).decode('ascii')}"
    return text.upper() if prefix.isupper() else text


def decode(prefix: str, text: str, size: int) -> bytes:
    """The `size` bytes that `text` holds under `prefix`, in its case. Raises KeyFailure, without the text."""
    length = len(prefix) + 1 + -(-size * 8 // 5) + _CHECKSUM_CHARACTERS
    if not text.startswith(prefix + "1") or not text.isascii():
        raise KeyFailure(f"A key that begins with {prefix}1 was expected.")
    if len(text) != length:
        raise KeyFailure(f"A key {prefix}1… has {length} characters, not {len(text)}; copy it again, whole.")
    if text not in (text.lower(), text.upper()):
        raise KeyFailure(f"The key {prefix}1… mixes upper and lower case; copy it again.")
    letters = text[len(prefix) + 1 :].lower().encode("ascii")
    if letters.translate(None, _CHARSET) or _polymod(prefix.lower(), letters) != 1:
        raise KeyFailure(f"The key {prefix}1… has a mistyped character (its checksum is wrong); copy it again.")
    base32 = letters[:-_CHECKSUM_CHARACTERS].translate(bytes.maketrans(_CHARSET, _BASE32))
    data = base64.b32decode(base32 + b"=" * (-len(base32) % 8))
    if base64.b32encode(data).rstrip(b"=") != base32:
        raise KeyFailure(f"The key {prefix}1… is not encoded as it must be; ask for it again.")
    return data


def _polymod(prefix: str, letters: bytes) -> int:
    """The checksum polynomial's residue over the expanded prefix and the data part."""
    codes = prefix.encode("ascii")
    expanded = bytes(code >> 5 for code in codes) + b"\0" + bytes(code & 31 for code in codes)
    residue = 1
    for value in expanded + letters.translate(_VALUES):
        residue = (residue & 0x1FFFFFF) << 5 ^ value ^ _REMAINDERS[residue >> 25]
    return residue
