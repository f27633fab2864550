"""The state folder of a portal: its secrets, its signing key, and what `portal init` makes.

receipt.secret   32 bytes as hex; never replaced: without it no receipt opens anything
session.secret   one or more lines of 32 bytes as hex; the first seals, all of them open
portal.key       the minisign key that signs bundles, without a passphrase
portal.pub       its public half
onion.key        the key of the onion service
portal.toml      the settings
portal.db        the database, where it is SQLite
spool/           where bodies lie while they come in, encrypted and without a name
"""

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import minisign

from portal import files
from portal.errors import SettingsError
from portal.tickets import SECRET_BYTES

RECEIPT_SECRET = "receipt.secret"
SESSION_SECRET = "session.secret"
SIGNING_KEY = "portal.key"
PUBLIC_KEY = "portal.pub"
ONION_KEY = "onion.key"
SPOOL = "spool"
_CREDENTIALS = "CREDENTIALS_DIRECTORY"


@dataclass(frozen=True)
class State:
    """The secrets of a portal."""

    receipt_secret: bytes = field(repr=False)
    session_secrets: tuple[bytes, ...] = field(repr=False)
    signing_key: minisign.SecretKey = field(repr=False)

    @property
    def public_key(self) -> minisign.PublicKey:
        """The public half of the key that signs bundles."""
        return self.signing_key.get_public_key()


def create(folder: Path) -> State:
    """Make what is missing of a state folder, and change nothing that is there. Raises SettingsError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / SPOOL).mkdir(mode=0o700, exist_ok=True)
        for name in (RECEIPT_SECRET, SESSION_SECRET):
            _write_new(folder, name, f"{secrets.token_hex(SECRET_BYTES)}\n".encode())
        _write_new(folder, SIGNING_KEY, bytes(minisign.KeyPair.generate().secret_key) + b"\n")
        state = load(folder)
        files.write(folder / PUBLIC_KEY, [bytes(state.public_key) + b"\n"], mode=files.PUBLIC)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written ({type(error).__name__}): choose another folder.") from None
    return state


def _write_new(folder: Path, name: str, data: bytes) -> None:
    with contextlib.suppress(FileExistsError):
        if not secret_path(folder, name).exists():
            files.write(folder / name, [data], replace=False)


def load(folder: Path) -> State:
    """Read the secrets. Raises SettingsError, which names the file."""
    path = secret_path(folder, RECEIPT_SECRET)
    receipt_secrets = _read_secrets(path)
    if len(receipt_secrets) != 1:
        raise SettingsError(f"{path} must hold exactly one secret: restore it from the backup.")
    path = secret_path(folder, SIGNING_KEY)
    try:
        key = minisign.SecretKey.from_bytes(_read(path))
    except (minisign.Error, ValueError):
        raise SettingsError(f"{path} is not a minisign key: restore it from the backup.") from None
    return State(receipt_secrets[0], _read_secrets(secret_path(folder, SESSION_SECRET)), key)


def is_credential(path: Path) -> bool:
    """Whether systemd handed this file to the unit, and answers for who may read it."""
    folder = os.environ.get(_CREDENTIALS)
    return bool(folder) and path.parent == Path(folder or "")


def secret_path(folder: Path, name: str) -> Path:
    """Where a secret lies: with the credentials that systemd hands to a unit, else in the state folder.

    systemd decrypts credentials into memory that is never swapped out (systemd.exec(5), LoadCredentialEncrypted), so a
    stolen disk holds none of them.
    """
    credential = Path(os.environ.get(_CREDENTIALS) or folder) / name
    return credential if credential.exists() else folder / name


def _read_secrets(path: Path) -> tuple[bytes, ...]:
    try:
        found = tuple(bytes.fromhex(line) for line in _read(path).decode().split())
    except ValueError:
        found = ()
    if not found or any(len(secret) != SECRET_BYTES for secret in found):
        raise SettingsError(f"{path} does not hold secrets of {SECRET_BYTES} bytes as hex: restore it from the backup.")
    return found


def _read(path: Path) -> bytes:
    try:
        # systemd gives a unit's user the right to read its credentials in a way that looks like a right of a group.
        if not is_credential(path) and path.stat().st_mode & 0o077:
            raise SettingsError(f"{path} can be read by others: type `chmod 600 {path}`.")
        return path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is missing: restore it from the backup, or make a portal in another folder with `portal init`; "
            "without the old receipt.secret no earlier receipt opens anything."
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({os.strerror(error.errno or 0)}): check its owner.") from None
