"""The recipient type `scrypt` (C2SP age.md, RFC 7914): a passphrase."""

import hashlib
import os
import re
from collections.abc import Sequence

from portal.age import limits
from portal.age.header import Stanza
from portal.age.primitives import WRAPPED_KEY_BYTES, decode_base64, encode_base64, unwrap, wrap
from portal.errors import HeaderFailure, KeyFailure

TYPE = "scrypt"
_LABEL = b"age-encryption.org/v1/scrypt"
_SALT_BYTES = 16
_BLOCK_SIZE = 8
_DECIMAL = re.compile("[1-9][0-9]*")


class ScryptRecipient:
    """A passphrase to encrypt with. It must be the only recipient of its file.

    `work_factor` is the base-two logarithm of N, 1 to 20; 18 takes 256 MiB of memory and about a second.
    """

    def __init__(self, passphrase: bytes | str, work_factor: int = 18) -> None:
        if not 1 <= work_factor <= limits.SCRYPT_WORK_FACTOR:
            raise KeyFailure(f"The scrypt work factor goes from 1 to {limits.SCRYPT_WORK_FACTOR}.")
        self._passphrase = _encoded(passphrase)
        self._work_factor = work_factor

    def wrap(self, file_key: bytes) -> Stanza:
        """Wraps the file key (16 bytes)."""
        salt = os.urandom(_SALT_BYTES)
        wrap_key = _stretch(self._passphrase, salt, self._work_factor)
        return Stanza((TYPE, encode_base64(salt), str(self._work_factor)), wrap(wrap_key, file_key))


class ScryptIdentity:
    """A passphrase to open with. Files of a work factor over `max_work_factor` (at most 20) are refused."""

    def __init__(self, passphrase: bytes | str, max_work_factor: int = limits.SCRYPT_WORK_FACTOR) -> None:
        self._passphrase = _encoded(passphrase)
        self._max_work_factor = min(max_work_factor, limits.SCRYPT_WORK_FACTOR)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key, or None. Raises HeaderFailure for a malformed stanza of this type."""
        check_alone(stanzas)
        if stanzas[0].type != TYPE:
            return None
        salt, work_factor = self._parameters(stanzas[0])
        return unwrap(_stretch(self._passphrase, salt, work_factor), stanzas[0].body)

    def _parameters(self, stanza: Stanza) -> tuple[bytes, int]:
        """Salt and work factor. Raises HeaderFailure if the stanza is not as age.md says, or the work is too much."""
        try:
            _, argument, digits = stanza.arguments
            salt = decode_base64(argument)
        except ValueError:
            raise HeaderFailure("A scrypt stanza does not have a salt of canonical base64 and a work factor.") from None
        if len(salt) != _SALT_BYTES or len(stanza.body) != WRAPPED_KEY_BYTES:
            raise HeaderFailure("A scrypt stanza has a salt or a body of the wrong size.")
        if not _DECIMAL.fullmatch(digits):
            raise HeaderFailure("The work factor of a scrypt stanza is not a decimal number.")
        # The digits are compared before they become a number: there may be thousands of them.
        if len(digits) > len(str(self._max_work_factor)) or int(digits) > self._max_work_factor:
            raise HeaderFailure(f"The work factor of a scrypt stanza is higher than {self._max_work_factor}.")
        return salt, int(digits)


def check_alone(stanzas: Sequence[Stanza]) -> None:
    """Raises HeaderFailure if a scrypt stanza stands beside another stanza: whoever knows a passphrase takes the file
    to be from somebody who knows it as well, which a second stanza would undo."""
    if len(stanzas) > 1 and any(stanza.type == TYPE for stanza in stanzas):
        raise HeaderFailure("A scrypt stanza is not the only one of the header.")


def _encoded(passphrase: bytes | str) -> bytes:
    return passphrase.encode("utf-8") if isinstance(passphrase, str) else bytes(passphrase)


def _stretch(passphrase: bytes, salt: bytes, work_factor: int) -> bytes:
    """The wrap key, 32 bytes. Raises HeaderFailure if the machine lacks the memory, N KiB."""
    n = 1 << work_factor
    memory = 128 * _BLOCK_SIZE * (n + 4)
    try:
        return hashlib.scrypt(passphrase, salt=_LABEL + salt, n=n, r=_BLOCK_SIZE, p=1, maxmem=memory, dklen=32)
    except (MemoryError, ValueError):
        raise HeaderFailure(f"The passphrase needs {n // 1024} MiB of memory; there is not that much.") from None
