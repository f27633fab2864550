"""A desk while somebody works at it: its folder, the keyring that the passphrase opened, the casebook."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from portal import canonical
from portal.desk import arriving, custody, folder, keyring, rekeying
from portal.desk.casebook import Casebook, at_rest
from portal.desk.cases import Case
from portal.desk.folder import Folder
from portal.desk.keyring import Keyring, Own
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
    with working(place, unlock(place, passphrase, person), writing=writing, clock=clock) as desk:
        yield desk


@contextmanager
def working(
    place: Folder,
    ring: Keyring,
    *,
    writing: bool = False,
    clock: Callable[[], datetime] = now,
    patience: float = 0.0,
) -> Iterator[Desk]:
    """The desk for one act, with a keyring that was unlocked before: for a program that stays open between acts.

    The desk's keys are those of this moment, whoever has changed them since. A copy that can only be read is read as it
    is. Raises DeskError if another command writes for longer than `patience` seconds, or if the person was removed.
    """
    with place.lock(patience) if writing else nullcontext():
        ring = ring if ring.own is None else rekeying.current(place, ring.own)
        if not writing and not place.is_writable:
            with at_rest(place.casebook, *ring.keys.casebook_keys) as casebook:
                _check_current(casebook)
                yield Desk(place, ring, casebook, clock)
            return
        with Casebook.open(place.casebook, *ring.keys.casebook_keys) as casebook:
            if not casebook.is_current:
                with nullcontext() if writing else place.lock():
                    casebook.renew()
            if not arriving.is_fresh(casebook, place):
                with nullcontext() if writing else place.lock():
                    arriving.refresh(casebook, place)
            if writing:
                ring = rekeying.finish(place, ring, casebook)
            yield Desk(place, ring, casebook, clock)


def _check_current(casebook: Casebook) -> None:
    if not casebook.is_current:
        raise DeskError(
            "This desk was written by an older version of Portevoix, and cannot be changed where it lies: copy it to a "
            "disk, and open the copy."
        )


def find(root: Path) -> Folder:
    """The folder of the desk in `root`. Raises DeskError if there is none."""
    place = Folder(root)
    about(place)
    return place


def about(place: Folder) -> About:
    """Which desk this is. Raises DeskError if it is none."""
    try:
        return canonical.loads(place.about.read_bytes(), About, "desk.json", FormatError)
    except (FileNotFoundError, NotADirectoryError):
        raise DeskError(f"{place.root} is not a desk: make one with `desk init --desk NAME {place.root}`.") from None
    except FormatError as error:
        raise DeskError(str(error)) from None


def make(
    root: Path, name: str, passphrase: str, person: str = PERSON, work_factor: int = keyring.WORK_FACTOR
) -> Keyring:
    """Make a desk called `name` in `root`, or go on where making it was broken off. Returns its keyring.

    Raises DeskError if there is a desk already, or if `root` holds anything else.
    """
    place = Folder(root)
    own, keys = keyring.generate_own(name, person), keyring.generate(name)
    keyring.check_passphrase(passphrase)
    _check_unmade(place)
    place.make()
    with place.lock():
        _check_unmade(place)
        # The keys come first: once they may have been seen in `public`, they must not be replaced.
        if place.keyring(person).exists():
            own = _begun(place, name, passphrase, person)
        else:
            folder.write(place.keyring(person), keyring.seal(own, passphrase, work_factor))
        if place.keys.exists():
            keys = rekeying.current(place, own).keys
        else:
            folder.write(place.keys, keyring.seal_keys(keys, [own.recipient]))
        with Casebook.make(place.casebook, keys.casebook_keys[0]) as casebook, casebook.transaction():
            rekeying.let_in(casebook, own)
        rekeying.publish(place, keys)
        folder.write(place.about, canonical.dumps(About("portevoix/desk/1", name)))
    return Keyring(person, keys, own)


def _begun(place: Folder, name: str, passphrase: str, person: str) -> Own:
    own = _own(place, passphrase, person)
    if own.desk != name:
        raise DeskError(f"The desk that was begun in {place.root} is called {own.desk}: go on under that name.")
    if isinstance(own, Keyring):
        raise DeskError(f"The desk in {place.root} was begun by an older version: empty the folder and begin again.")
    return own


def _check_unmade(place: Folder) -> None:
    if place.about.exists():
        raise DeskError(f"{place.root} is a desk already, and nothing was changed: choose another folder for this one.")


def unlock(place: Folder, passphrase: str, person: str = PERSON) -> Keyring:
    """The keyring of a person. Raises WrongPassphrase, or DeskError if there is none or it is damaged."""
    own = _own(place, passphrase, person)
    return _upgraded(place, own, passphrase) if isinstance(own, Keyring) else rekeying.current(place, own)


def _own(place: Folder, passphrase: str, person: str) -> Own | Keyring:
    check_name(person, "The name of a person")
    try:
        data = place.keyring(person).read_bytes()
    except FileNotFoundError:
        raise DeskError(f"Nobody called {person} has a keyring here: say who you are with --person.") from None
    own = keyring.open_(data, passphrase)
    if own.person != person:
        raise DeskError("This keyring's file bears another person's name: put back the file from your backup.")
    return own


def _upgraded(place: Folder, first: Keyring, passphrase: str) -> Keyring:
    """The keyring in two layers, if nobody else writes just now; otherwise as it is."""
    try:
        with place.lock(), Casebook.open(place.casebook, first.casebook_key) as casebook:
            casebook.renew()
            return rekeying.upgrade(place, first, casebook, passphrase, keyring.WORK_FACTOR)
    except DeskError:
        return first
