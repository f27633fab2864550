"""Try a paper copy, and get back in with one.

Rules kept here: a paper copy holds the identity of one person and opens keys.age, whatever keys the desk has by now; so
it lasts until that person is removed. Whose it is, the casebook says.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from portal.age import HybridIdentity
from portal.desk import folder, keyring, rekeying, session
from portal.desk.folder import FOLDER_MODE, Folder
from portal.desk.keyring import Keyring, Own
from portal.desk.session import Desk
from portal.errors import DeskError

_UNNAMED = "paper"
"""Stands for the person until the casebook has said who it is."""


@dataclass(frozen=True)
class Opened:
    """What a paper copy opens: the desk, the person whose way in it is, and how many cases are there."""

    desk: str
    person: str
    cases: int


def check(place: Folder, identity: HybridIdentity) -> Opened:
    """Try a paper copy. Raises DeskError if it does not open this desk."""
    with session.working(place, unlock(place, identity, _UNNAMED)) as desk:
        (count,) = desk.casebook.one("SELECT count(*) FROM cases")
        return Opened(desk.name, _whose(desk, identity), count)


def unlock(place: Folder, identity: HybridIdentity, person: str) -> Keyring:
    """The keyring of `person`, whose paper copy this is said to be. Raises DeskError if it opens nothing here."""
    own = Own("portevoix/keyring/2", session.about(place).desk, person, str(identity))
    if not place.keys.exists():
        raise DeskError(f"{place.keys} is missing, which a paper copy opens: put back the folder from your backup.")
    try:
        return rekeying.current(place, own)
    except DeskError:
        raise DeskError(
            "The lines are well typed, but open nothing here: either this is the paper of another desk, or that person "
            "was removed, or let in anew, since it was printed."
        ) from None


def recover(
    place: Folder,
    identity: HybridIdentity,
    person: str,
    passphrase: str,
    work_factor: int = keyring.WORK_FACTOR,
    clock: Callable[[], datetime] = session.now,
) -> None:
    """Make the keyring of `person` anew, under a new passphrase. Killed at any moment, it can be done again.

    Raises DeskError if the paper copy does not open this desk, or is somebody else's.
    """
    keyring.check_passphrase(passphrase)
    with _working(place, identity, person, clock) as desk:
        own = Own("portevoix/keyring/2", desk.name, person, str(identity))
        sealed = keyring.seal(own, passphrase, work_factor)
        with desk.casebook.transaction():
            desk.record("recovered")
        place.keyrings.mkdir(mode=FOLDER_MODE, exist_ok=True)
        folder.write(place.keyring(person), sealed)


@contextmanager
def _working(place: Folder, identity: HybridIdentity, person: str, clock: Callable[[], datetime]) -> Iterator[Desk]:
    with session.working(place, unlock(place, identity, person), writing=True, clock=clock) as desk:
        whose = _whose(desk, identity)
        if whose != person:
            raise DeskError(f"This is the paper copy of {whose}, and nothing was changed: give --person {whose}.")
        yield desk


def _whose(desk: Desk, identity: HybridIdentity) -> str:
    for name, recipient in rekeying.people(desk.casebook).items():
        if str(recipient) == str(identity.recipient):
            return name
    raise DeskError("The person whose paper copy this is was removed from the desk: burn the paper.")
