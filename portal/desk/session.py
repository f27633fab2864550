"""A desk while somebody works at it: its folder, the keyring that the passphrase opened, the casebook."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from portal import canonical
from portal.desk import custody, folder, keyring
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.folder import Folder
from portal.desk.keyring import Keyring
from portal.desk.naming import check_name
from portal.errors import DeskError, FormatError
from portal.report import Name

PERSON = "default"
"""Whose keyring is meant where nobody is named."""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """desk.json: what may be known without a passphrase."""

    format: Literal["portevoix/desk/1"]
    desk: Name


def now() -> datetime:
    """The clock of a desk: UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """An open desk."""

    folder: Folder
    keyring: Keyring
    casebook: Casebook
    clock: Callable[[], datetime] = now

    @property
    def name(self) -> str:
        return self.keyring.desk

    @property
    def person(self) -> str:
        """Who works here."""
        return self.keyring.person

    @property
    def today(self) -> date:
        """The day, UTC."""
        return self.clock().date()

    def record(self, act: custody.Act, case: Case | None = None, **details: Any) -> None:
        """Write into the chain of custody what is being done, within the caller's transaction.

        `details` holds what canonical JSON can hold; a purge of the case deletes it.
        """
        whose = (case.id, case.name) if case else None
        custody.append(self.casebook, self.keyring, self.clock(), act, whose, details)


@contextmanager
def open_desk(
    root: Path,
    passphrase: str,
    person: str = PERSON,
    *,
    writing: bool = False,
    clock: Callable[[], datetime] = now,
) -> Iterator[Desk]:
    """Open the desk in `root`; a command that is `writing` has it for itself.

    Raises WrongPassphrase, or DeskError if this is no desk, the person has no keyring, or another command writes.
    """
    place = find(root)
    with place.lock() if writing else nullcontext():
        keys = unlock(place, passphrase, person)
        with _casebook(place, keys, locked=writing) as casebook:
            yield Desk(place, keys, casebook, clock)


@contextmanager
def working(
    place: Folder, keys: Keyring, *, writing: bool = False, clock: Callable[[], datetime] = now
) -> Iterator[Desk]:
    """The desk for one act, with a keyring that was unlocked before: for a program that stays open between acts.

    Raises DeskError if another command writes, or if the casebook has another key now.
    """
    with place.lock() if writing else nullcontext(), _casebook(place, keys, locked=writing) as casebook:
        yield Desk(place, keys, casebook, clock)


@contextmanager
def _casebook(place: Folder, keys: Keyring, *, locked: bool) -> Iterator[Casebook]:
    with Casebook.open(place.casebook, keys.casebook_key) as casebook:
        if not casebook.is_current:
            with nullcontext() if locked else place.lock():
                casebook.renew()
        yield casebook


def find(root: Path) -> Folder:
    """The folder of the desk in `root`. Raises DeskError if there is none."""
    place = Folder(root)
    try:
        canonical.loads(place.about.read_bytes(), About, "desk.json", FormatError)
    except (FileNotFoundError, NotADirectoryError):
        raise DeskError(f"{root} is not a desk: make one with `desk init --desk NAME {root}`.") from None
    except FormatError as error:
        raise DeskError(str(error)) from None
    return place


def make(
    root: Path, name: str, passphrase: str, person: str = PERSON, work_factor: int = keyring.WORK_FACTOR
) -> Keyring:
    """Make a desk called `name` in `root`, or go on where making it was broken off. Returns its keyring.

    Raises DeskError if there is a desk already, or if `root` holds anything else.
    """
    place = Folder(root)
    fresh = keyring.generate(name, person)
    keyring.check_passphrase(passphrase)
    _check_unmade(place)
    place.make()
    with place.lock():
        _check_unmade(place)
        # The keyring comes first: once its keys may have been seen in `public`, they must not be replaced.
        if place.keyring(person).exists():
            keys = unlock(place, passphrase, person)
            if keys.desk != name:
                raise DeskError(f"The desk that was begun in {root} is called {keys.desk}: go on under that name.")
        else:
            keys = fresh
            folder.write(place.keyring(person), keyring.seal(keys, passphrase, work_factor))
        Casebook.make(place.casebook, keys.casebook_key).close()
        recipients = f"# Reports for the desk {name} are sealed to this recipient.\n{keys.recipient}\n"
        folder.write(place.public / f"{name}.recipients", recipients.encode(), folder.PUBLIC_MODE)
        folder.write(place.public / f"{name}.pub", bytes(keys.verify_key) + b"\n", folder.PUBLIC_MODE)
        folder.write(place.about, canonical.dumps(About("portevoix/desk/1", name)))
    return keys


def _check_unmade(place: Folder) -> None:
    if place.about.exists():
        raise DeskError(f"{place.root} is a desk already, and nothing was changed: choose another folder for this one.")


def unlock(place: Folder, passphrase: str, person: str = PERSON) -> Keyring:
    """The keyring of a person. Raises WrongPassphrase, or DeskError if there is none or it is damaged."""
    check_name(person, "The name of a person")
    try:
        data = place.keyring(person).read_bytes()
    except FileNotFoundError:
        raise DeskError(f"Nobody called {person} has a keyring here: say who you are with --person.") from None
    keys = keyring.open_(data, passphrase)
    if keys.person != person:
        raise DeskError("This keyring's file bears another person's name: put back the file from your backup.")
    return keys
