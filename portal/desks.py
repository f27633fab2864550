"""The keys folder: to whom each desk's items are sealed, by whose signature they may leave (docs/format.md section 11).

The files may be replaced while the portal runs: every use looks whether they changed. A change that cannot be read is
refused as a whole, and the keys from before stay in use. Where the settings pin the coordination's key, only keys that
its signed roster lists are used (`portal.roster`), each in its time.
"""

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import minisign

from portal import limits, roster
from portal.age import HybridRecipient
from portal.errors import PortevoixError, SettingsError
from portal.roster import Roster, Standing, Term, Trust

_FILE_BYTES = 64 * 1024
"""A key file is read so far, bytes: about thirty recipients."""
_SECRET = re.compile(rb"AGE-SECRET-KEY-|comment: minisign (encrypted )?secret key|RW(RTY0|QAAE)Iy|PRIVATE KEY")
"""The last but one: how the secret keys of minisign begin, with a passphrase (scrypt, BLAKE2b) or without."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeskKeys:
    """What the portal knows of one desk: its recipients, the minisign key of its packs, and what the roster says.

    `terms` has the recipients that a roster lists; it is empty where none is asked for.
    """

    recipients: tuple[HybridRecipient, ...]
    verify_key: minisign.PublicKey
    terms: Mapping[HybridRecipient, Term] = field(default_factory=dict)

    def standing(self, recipient: HybridRecipient, day: date) -> Standing:
        """How a recipient stands on a day; without a roster each is valid."""
        term = self.terms.get(recipient)
        return Standing.VALID if term is None else term.standing(day)

    def in_use(self, day: date) -> tuple[HybridRecipient, ...]:
        """The recipients to seal to on a day: those in their time, several while one takes over from another.

        Where none is, those that stand best: a text is never refused because a key is old.
        """
        best = self.best(day)
        return tuple(recipient for recipient in self.recipients if self.standing(recipient, day) == best)

    def takes_files(self, day: date) -> bool:
        """Whether files may be sealed to this desk on a day."""
        return self.best(day) is not Standing.EXPIRED

    def best(self, day: date) -> Standing:
        """How the best of its recipients stands on a day."""
        return min(self.standing(recipient, day) for recipient in self.recipients)


class KeysFolder:
    """The keys of the desks called `names`, read from `folder`. Raises SettingsError if they are not complete.

    With `trust` they must be on the roster that lies there as well.
    """

    def __init__(self, folder: Path, names: Iterable[str], trust: Trust | None = None) -> None:
        self._folder = folder
        self._names = sorted(names)
        self._trust = trust
        self._lock = threading.Lock()
        _refuse_secrets(folder)
        self._seen = self._state()
        self._refused: list[tuple[int, int, int]] | None = None
        self._desks = self._read()

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

    def all(self) -> dict[str, DeskKeys]:
        """The keys of every desk as they are now."""
        return {name: self.desk(name) for name in self._names}

    def recipients(self, names: Sequence[str], day: date) -> list[HybridRecipient]:
        """All recipients of these desks that are sealed to on a day, each once."""
        return list(dict.fromkeys(recipient for name in names for recipient in self.desk(name).in_use(day)))

    def takes_files(self, names: Sequence[str], day: date) -> bool:
        """Whether files may be sealed to these desks on a day."""
        return all(self.desk(name).takes_files(day) for name in names)

    def _refresh(self) -> None:
        state = self._state()
        if state == self._seen:
            return
        with self._lock:
            try:
                self._desks = self._read()
            except SettingsError as error:
                # Looked at again at the next use: what kept it from being read may go without a change of the files.
                if state != self._refused:
                    _log.warning("The new keys are not used, the old ones stay: %s", error)
                self._refused = state
            else:
                self._seen, self._refused = state, None

    def _read(self) -> dict[str, DeskKeys]:
        listed = self._trust.read(self._folder) if self._trust else None
        desks = {name: read_desk(self._folder, name, listed) for name in self._names}
        if self._trust and listed:
            self._trust.remember(listed)
        return desks

    def _state(self) -> list[tuple[int, int, int]]:
        paths = [path for name in self._names for path in _paths(self._folder, name)]
        if self._trust:
            paths += [self._folder / roster.FILE, self._folder / roster.SIGNATURE]
        return [_version(path) for path in paths]


def warnings(desks: Mapping[str, DeskKeys], day: date) -> Iterator[str]:
    """A sentence for each desk none of whose keys is in its time."""
    for name, keys in desks.items():
        best = keys.best(day)
        last = max((term.until for term in keys.terms.values()), default=day)
        if best is Standing.LATE:
            stop = last + timedelta(days=limits.KEY_GRACE_DAYS)
            yield (
                f"The key of the desk {name} was to be used until {last}: let the desk make a new one and the "
                f"coordination list it. After {stop} no files are taken for this desk; text always is."
            )
        elif best is Standing.EXPIRED:
            yield (
                f"The key of the desk {name} was to be used until {last}: no files are taken for it any more, only "
                "text. Let the desk make a new one and the coordination list it."
            )
        elif best is Standing.EARLY:
            yield f"No key of the desk {name} should be used yet, and one is: look at the clock and at {roster.FILE}."


def _version(path: Path) -> tuple[int, int, int]:
    """What changes when a file is replaced or written."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_mtime_ns, status.st_size


def _refuse_secrets(folder: Path) -> None:
    """A secret key that lies among the public ones was copied by mistake, and is on a machine that is online."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_file() and _SECRET.search(path.read_bytes()[:_FILE_BYTES]):
            raise SettingsError(f"{path} holds a secret key: take it away from this machine, and replace that key.")


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.recipients", folder / f"{name}.pub"


def read_desk(folder: Path, name: str, listed: Roster | None = None) -> DeskKeys:
    """Read NAME.recipients and NAME.pub, both of which a roster must list if one is given.

    Raises SettingsError, which names file and line.
    """
    recipients_path, key_path = _paths(folder, name)
    lines = _recipients(recipients_path, name)
    verify_key = read_public_key(key_path, name)
    if listed is None:
        return DeskKeys(tuple(lines), verify_key)
    terms = listed.terms(name)
    for recipient, number in lines.items():
        if recipient not in terms:
            raise SettingsError(
                f"{recipients_path}, line {number}: this recipient is not one that roster {listed.number} lists for "
                f"the desk {name}: take the line out, and ask the coordination whose it is. A new key of the desk "
                "comes with a newer roster."
            )
    check_signing_key(key_path, name, verify_key, listed)
    return DeskKeys(tuple(lines), verify_key, {recipient: terms[recipient] for recipient in lines})


def check_signing_key(path: Path, name: str, key: minisign.PublicKey, listed: Roster) -> None:
    """Raises SettingsError unless the roster lists the minisign key of a desk, read from `path`."""
    if not listed.signs(name, key):
        raise SettingsError(
            f"{path} is not a key that roster {listed.number} lists for the packs of the desk {name}: take the one "
            "that the desk gave before, or ask the coordination for a newer roster."
        )


def _recipients(path: Path, name: str) -> dict[HybridRecipient, int]:
    """The recipients in a file, each with the number of its line."""
    recipients: dict[HybridRecipient, int] = {}
    for number, line in enumerate(_read(path, name).splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            recipients.setdefault(HybridRecipient.parse(text), number)
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
