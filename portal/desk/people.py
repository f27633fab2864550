"""Who works at this desk: letting in, removing, a new passphrase, new keys for the desk.

Rules kept here: every change is recorded in the transaction that decides it; `portal.desk.rekeying` ends what a power
cut broke off. Removing somebody changes all keys of the desk, because that person has seen them.
"""

from dataclasses import dataclass

from portal.desk import folder, keyring, rekeying
from portal.desk.keyring import Keyring, Keys, Own
from portal.desk.session import Desk
from portal.errors import DeskError


@dataclass(frozen=True)
class Person:
    """Somebody with a keyring here; `is_ready` is False where letting in was broken off before its end."""

    name: str
    is_ready: bool


def listed(desk: Desk) -> list[Person]:
    """Everybody who can open this desk, by name."""
    return [Person(name, desk.folder.keyring(name).exists()) for name in sorted(rekeying.people(desk.casebook))]


def let_in(desk: Desk, name: str, passphrase: str, work_factor: int = keyring.WORK_FACTOR) -> None:
    """Make a keyring for `name` under a passphrase of their own. Raises DeskError if there is one, or no name."""
    own = keyring.generate_own(desk.name, name)
    if name in rekeying.people(desk.casebook) and desk.folder.keyring(name).exists():
        raise DeskError(f"{name} has a keyring here already: choose another name, or remove {name} first.")
    sealed = keyring.seal(own, passphrase, work_factor)
    with desk.casebook.transaction():
        rekeying.let_in(desk.casebook, own)
        rekeying.begin(desk.casebook, desk.keyring.keys)
        desk.record("person-added", name=name)
    folder.write(desk.folder.keyring(name), sealed)
    rekeying.finish(desk.folder, desk.keyring, desk.casebook)


def remove(desk: Desk, name: str) -> Keyring:
    """Take somebody's access away, and change every key that they have seen; the keyring as it is now.

    Raises DeskError for oneself, or if nobody has that name.
    """
    if name == desk.person:
        raise DeskError("You cannot remove yourself: let a colleague do it.")
    if name not in rekeying.people(desk.casebook):
        raise DeskError(f"Nobody called {name} works at this desk: `desk people` shows who does.")
    with desk.casebook.transaction():
        desk.casebook.run("DELETE FROM people WHERE name = ?", name)
        desk.casebook.run("DELETE FROM visits WHERE person = ?", name)
        desk.casebook.run("UPDATE cases SET assigned = NULL WHERE assigned = ?", name)
        desk.record("person-removed", name=name)
        _change(desk, desk.keyring.keys.rekeyed(), removed=name)
    return rekeying.finish(desk.folder, desk.keyring, desk.casebook)


def rotate(desk: Desk) -> Keyring:
    """Give the desk a new identity and a new signing key; the old identity still opens what was sealed to it."""
    with desk.casebook.transaction():
        _change(desk, desk.keyring.keys.rotated())
    return rekeying.finish(desk.folder, desk.keyring, desk.casebook)


def change_passphrase(desk: Desk, passphrase: str, work_factor: int = keyring.WORK_FACTOR) -> None:
    """A new passphrase for the person who works here. Raises DeskError if it is too short."""
    sealed = keyring.seal(_own(desk), passphrase, work_factor)
    with desk.casebook.transaction():
        desk.record("passphrase-changed")
    folder.write(desk.folder.keyring(desk.person), sealed)


def _change(desk: Desk, keys: Keys, removed: str | None = None) -> None:
    _own(desk)
    # Signed by the old key: so the chain of custody says itself which key comes after.
    desk.record("key-rotated", key=keys.verify_key.to_base64().decode(), recipient=str(keys.recipient))
    rekeying.begin(desk.casebook, keys, removed)


def _own(desk: Desk) -> Own:
    if desk.keyring.own is None:
        raise DeskError("Your keyring is of an older version and could not be renewed just now: do this once more.")
    return desk.keyring.own
