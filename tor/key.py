"""The secret key of an onion service, and the file that keeps it.

The file is one line, `ED25519-V3:` and the base64 of 64 bytes, as tor's control protocol takes it (control-spec,
ADD_ONION). The 64 bytes are an expanded Ed25519 key: the clamped scalar (32 bytes, little-endian) and the prefix that
signing hashes (32 bytes); RFC 8032, 5.1.5, steps 1 to 3. There is no seed in it, so keys made by tor itself or by
a search for a readable address can be used: a file `hs_ed25519_secret_key` of tor's is read as well.

Whoever has this file can pose as the portal. It belongs to the portal's user alone (0600), and into the backup.
"""

import base64
import binascii
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp

from .address import encode
from .errors import KeyFileError, KeyFileUnsafe

KEY_TYPE = "ED25519-V3"
SECRET_BYTES = 64
SCALAR_BYTES = 32
SEED_BYTES = 32
FILE_LIMIT_BYTES = 256
"""More than either format needs; a longer file is not read."""

_TOR_HEADER = b"== ed25519v1-secret: type0 ==".ljust(32, b"\0")


@dataclass(frozen=True)
class OnionKey:
    """The key of one onion service.

    `secret` is the expanded Ed25519 key, 64 bytes; it is left out of `repr`. `address` is the ".onion" address that
    belongs to it, 62 characters.
    """

    secret: bytes = field(repr=False)
    address: str = field(init=False)

    def __post_init__(self) -> None:
        scalar = self.secret[:SCALAR_BYTES]
        if len(self.secret) != SECRET_BYTES or scalar[0] & 7 or scalar[-1] & 0xC0 != 0x40:
            raise KeyFileError(
                "These bytes are no expanded Ed25519 key of 64 bytes: bring the onion key from the backup."
            )
        object.__setattr__(self, "address", encode(crypto_scalarmult_ed25519_base_noclamp(scalar)))

    @classmethod
    def create(cls) -> "OnionKey":
        """A new random key."""
        return cls.from_seed(secrets.token_bytes(SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "OnionKey":
        """The key that RFC 8032 expands from a seed of 32 bytes."""
        expanded = bytearray(hashlib.sha512(seed).digest())
        expanded[0] &= 248
        expanded[31] = expanded[31] & 63 | 64
        return cls(bytes(expanded))

    @classmethod
    def load_or_create(cls, path: Path) -> "OnionKey":
        """The key in the file; if there is none, a new key is written there first.

        Two processes that start at once end with the same key. Raises `KeyFileError` as `load` does, and if the file
        cannot be written.
        """
        if not path.exists():
            cls.create().save(path)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path, *, guarded: bool = False) -> "OnionKey":
        """The key in the file; who may read a `guarded` one is somebody else's to see to, and is not looked at.

        Raises `KeyFileUnsafe` if the file belongs to another user or others may read or write it, `KeyFileError` if it
        cannot be read or does not hold one onion key.
        """
        try:
            # Non-blocking, so that a named pipe at this place is refused instead of waited for.
            with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                if not guarded:
                    _check_owner(path, os.fstat(file.fileno()))
                content = file.read(FILE_LIMIT_BYTES + 1)
        except OSError as error:
            raise KeyFileError(
                f"The onion key {path} cannot be read ({error.strerror}): put it back from the backup."
            ) from error
        return cls(_parse(path, content))

    def save(self, path: Path) -> None:
        """Writes the key to a new file, 0600, complete or not at all. A file that is there already is left alone.

        Raises `KeyFileError` if that fails.
        """
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(f"{KEY_TYPE}:{self.base64}\n".encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            try:
                # A link never replaces a file, as a rename would: the first of two writers wins.
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
            _sync_folder(path.parent)
        except OSError as error:
            raise KeyFileError(
                f"The onion key {path} cannot be written ({error.strerror}): make its folder writable for the portal."
            ) from error

    @property
    def base64(self) -> str:
        """The secret key as ADD_ONION takes it: 88 characters of base64."""
        return base64.b64encode(self.secret).decode("ascii")


def _check_owner(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{path} is no file: name the file with the onion key.")
    if found.st_uid != os.geteuid():
        raise KeyFileUnsafe(f"The onion key {path} belongs to another user: give it to the portal's user with chown.")
    if found.st_mode & 0o077:
        raise KeyFileUnsafe(
            f"The onion key {path} is open to others (mode {found.st_mode & 0o777:04o}): type chmod 600 {path}, "
            "and if somebody may have read it, start anew with another address."
        )


def _parse(path: Path, content: bytes) -> bytes:
    if len(content) == len(_TOR_HEADER) + SECRET_BYTES and content.startswith(_TOR_HEADER):
        return content.removeprefix(_TOR_HEADER)
    kind, _, encoded = content.removesuffix(b"\n").partition(b":")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        secret = b""
    if kind != KEY_TYPE.encode("ascii") or len(secret) != SECRET_BYTES:
        raise KeyFileError(f"{path} does not hold an onion key ({KEY_TYPE}): put the right file back from the backup.")
    return secret


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
