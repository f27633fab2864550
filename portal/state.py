"""The state folder of a portal: its secrets, its signing key, and what `portal init` makes.

receipt.secret   32 bytes as hex; never replaced: without it no receipt opens anything
session.secret   one or more lines of 32 bytes as hex; the first seals, all open, one with `until DAY` to that day
portal.key       the minisign key that signs bundles, without a passphrase
portal.pub       its public half
onion.key        the key of the onion service
portal.toml      the settings
roster.number    the number of the newest roster of the desks' keys that was used (portal.roster)
portal.db        the database, where it is SQLite
restoring        that a restore has begun; `portal restore` removes it at its end
spool/           where bodies lie while they come in, encrypted and without a name
"""

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import minisign

from portal import files, limits
from portal.errors import SettingsError
from portal.tickets import SECRET_BYTES

RECEIPT_SECRET = "receipt.secret"
SESSION_SECRET = "session.secret"
SIGNING_KEY = "portal.key"
PUBLIC_KEY = "portal.pub"
ONION_KEY = "onion.key"
RESTORING = "restoring"
SPOOL = "spool"
_CREDENTIALS = "CREDENTIALS_DIRECTORY"
_OVERLAP = timedelta(days=limits.SESSION_RESTART_DAYS + limits.DAY_KEYS - 1)
"""An old session secret still opens for so long: until the next start, and then as long as a form may be open."""


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
        for made in (folder, folder / SPOOL):
            files.make_folder(made)
        _forget_unfinished(folder)
        for name in (RECEIPT_SECRET, SESSION_SECRET):
            _write_new(folder, name, f"{secrets.token_hex(SECRET_BYTES)}\n".encode())
        _write_new(folder, SIGNING_KEY, bytes(minisign.KeyPair.generate().secret_key) + b"\n")
        state = load(folder)
        publish(folder)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written ({type(error).__name__}): choose another folder.") from None
    return state


def publish(folder: Path) -> None:
    """Write the public half of the signing key beside it. Raises SettingsError, OSError."""
    key = _signing_key(folder).get_public_key()
    files.write(folder / PUBLIC_KEY, [bytes(key) + b"\n"], mode=files.PUBLIC)


def _forget_unfinished(folder: Path) -> None:
    """Remove what a command that was killed left of a secret, or of its public half, under a name of its own."""
    for name in (RECEIPT_SECRET, SESSION_SECRET, SIGNING_KEY, PUBLIC_KEY, ONION_KEY):
        for path in folder.glob(f".{name}.*"):
            path.unlink()


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
    return State(receipt_secrets[0], session_secrets(folder, datetime.now(UTC).date()), _signing_key(folder))


def _signing_key(folder: Path) -> minisign.SecretKey:
    path = secret_path(folder, SIGNING_KEY)
    try:
        return minisign.SecretKey.from_bytes(_read(path))
    except (minisign.Error, ValueError):
        raise SettingsError(f"{path} is not a minisign key: restore it from the backup.") from None


def session_secrets(folder: Path, day: date) -> tuple[bytes, ...]:
    """The secrets in session.secret that still open on a day, the one that seals first. Raises SettingsError."""
    return tuple(secret for secret, _ in _session_lines(folder, day))


def renew_session(folder: Path, day: date) -> date:
    """Put a new secret on top of session.secret in the state folder; what was sealed under the old ones still opens.

    Gives the last day of the old one: a portal that runs goes on with it until it is started again, so that day leaves
    SESSION_RESTART_DAYS for that, and after it the time for which a form may be open. Where systemd hands the secret
    over, it is read from there; what is written has then to be sealed. Raises SettingsError.
    """
    lines = _session_lines(folder, day)
    if len(lines) >= limits.SESSION_SECRETS:
        raise SettingsError(
            f"{SESSION_SECRET} was replaced {limits.SESSION_SECRETS - 1} times within a few days, and nothing was "
            "changed: wait until the first of them has passed."
        )
    last = day + _OVERLAP
    kept = [f"{secret.hex()} until {until or last}\n" for secret, until in lines]
    try:
        _forget_unfinished(folder)
        files.write(folder / SESSION_SECRET, ["".join([f"{secrets.token_hex(SECRET_BYTES)}\n", *kept]).encode()])
    except OSError as error:
        raise SettingsError(f"{folder / SESSION_SECRET} cannot be written ({error.strerror}): mend that.") from None
    return last


def session_renewed(folder: Path) -> date | None:
    """The day on which session.secret was last replaced, None if it never was. Raises SettingsError."""
    days = [until for _, until in _session_lines(folder, date.min) if until]
    return max(days) - _OVERLAP if days else None


def _session_lines(folder: Path, day: date) -> list[tuple[bytes, date | None]]:
    """Each secret with its last day, None if it has none, but for those whose day is past."""
    path = secret_path(folder, SESSION_SECRET)
    found: list[tuple[bytes, date | None]] = []
    try:
        for line in _read(path).decode().splitlines():
            text, _, until = line.strip().partition(" until ")
            if text:
                found.append((bytes.fromhex(text), date.fromisoformat(until) if until else None))
    except ValueError:
        found = []
    if not found or any(len(secret) != SECRET_BYTES for secret, _ in found) or found[0][1] is not None:
        raise _damaged(path)
    return [(secret, until) for secret, until in found if until is None or day <= until]


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
        raise _damaged(path)
    return found


def _damaged(path: Path) -> SettingsError:
    return SettingsError(f"{path} does not hold secrets of {SECRET_BYTES} bytes as hex: restore it from the backup.")


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
