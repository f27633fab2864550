"""The keys folder: to whom each desk's items are sealed, by whose signature they may leave (docs/format.md section 11).

The files may be replaced while the portal runs: every use looks whether they changed. A change that cannot be read is
refused as a whole, and the keys from before stay in use.
"""

import logging
import os
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import minisign

from portal.age import HybridRecipient
from portal.errors import PortevoixError, SettingsError

_FILE_BYTES = 64 * 1024
"""A key file is read so far, bytes: about thirty recipients."""
_SECRET = re.compile(rb"AGE-SECRET-KEY-|minisign (encrypted )?secret key|PRIVATE KEY")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeskKeys:
    """What the portal knows of one desk: recipients to seal to, and the minisign key of its packs."""

    recipients: tuple[HybridRecipient, ...]
    verify_key: minisign.PublicKey


class KeysFolder:
    """The keys of the desks called `names`, read from `folder`. Raises SettingsError if they are not complete."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._folder = folder
        self._names = sorted(names)
        self._lock = threading.Lock()
        _refuse_secrets(folder)
        self._seen = self._state()
        self._desks = {name: read_desk(folder, name) for name in self._names}

    @property
    def names(self) -> list[str]:
        """The desks that have keys here."""
        return list(self._names)

    def desk(self, name: str) -> DeskKeys:
        """The keys of a desk as they are now. Raises SettingsError for a desk that has none."""
        self._refresh()
        try:
            return self._desks[name]
        except KeyError:
            raise SettingsError(f"No channel uses a desk called {name}: look at the channels' `desks`.") from None

    def recipients(self, names: Sequence[str]) -> list[HybridRecipient]:
        """All recipients of these desks, each once."""
        return list(dict.fromkeys(recipient for name in names for recipient in self.desk(name).recipients))

    def _refresh(self) -> None:
        state = self._state()
        if state == self._seen:
            return
        with self._lock:
            try:
                self._desks = {name: read_desk(self._folder, name) for name in self._names}
            except SettingsError as error:
                _log.warning("The new keys are not used, the old ones stay: %s", error)
            self._seen = state

    def _state(self) -> list[tuple[int, int, int]]:
        found = []
        for name in self._names:
            for path in _paths(self._folder, name):
                try:
                    status = os.stat(path)
                    found.append((status.st_ino, status.st_mtime_ns, status.st_size))
                except OSError:
                    found.append((0, 0, 0))
        return found


def _refuse_secrets(folder: Path) -> None:
    """A secret key that lies among the public ones was copied by mistake, and is on a machine that is online."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_file() and _SECRET.search(path.read_bytes()[:_FILE_BYTES]):
            raise SettingsError(f"{path} holds a secret key: take it away from this machine, and replace that key.")


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.recipients", folder / f"{name}.pub"


def read_desk(folder: Path, name: str) -> DeskKeys:
    """Read NAME.recipients and NAME.pub. Raises SettingsError, which names file and line."""
    recipients_path, key_path = _paths(folder, name)
    return DeskKeys(tuple(_recipients(recipients_path, name)), read_public_key(key_path, name))


def _recipients(path: Path, name: str) -> list[HybridRecipient]:
    recipients = []
    for number, line in enumerate(_read(path, name).splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            recipients.append(HybridRecipient.parse(text))
        except PortevoixError:
            raise SettingsError(
                f"{path}, line {number}: only recipients that begin with age1pq1 are allowed, whole and unchanged: "
                "take the file that `desk init` wrote."
            ) from None
    if not recipients:
        raise SettingsError(f"{path} names no recipient: take the file that `desk init` wrote.")
    return recipients


def read_public_key(path: Path, name: str) -> minisign.PublicKey:
    """Read a minisign public key. Raises SettingsError."""
    try:
        return minisign.PublicKey.from_bytes(_read(path, name).encode())
    except (minisign.Error, ValueError):
        raise SettingsError(f"{path} is not a minisign public key: take the file that was made with it.") from None


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES).decode()
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is missing: copy it from the folder `public` that `desk init --desk {name}` made."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read ({type(error).__name__}): check its owner and its content."
        ) from None
