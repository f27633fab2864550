"""Change who opens the desk, and with which keys, so that a power cut at any moment leaves a desk that opens.

Rules kept here: a change is decided in one transaction of the casebook, which stores keys.age as it is to be, sealed to
everybody who stays. What follows can be repeated until it is done, and whoever opens the desk next for writing does so:
keys.age, the public keys, the casebook's own key, the file of who was removed. Until then keys.age names both keys of
the casebook.
"""

from portal.age import HybridRecipient
from portal.desk import folder, keyring
from portal.desk.casebook import Casebook
from portal.desk.folder import Folder
from portal.desk.keyring import Keyring, Keys, Own
from portal.errors import DeskError


def people(casebook: Casebook) -> dict[str, HybridRecipient]:
    """Everybody who opens keys.age, by name."""
    rows = casebook.all("SELECT name, recipient FROM people ORDER BY name")
    return {name: HybridRecipient.parse(recipient) for name, recipient in rows}


def let_in(casebook: Casebook, own: Own) -> None:
    """From the next keys.age on, this person opens it; within the caller's transaction."""
    casebook.run("INSERT OR REPLACE INTO people (name, recipient) VALUES (?, ?)", own.person, str(own.recipient))


def begin(casebook: Casebook, keys: Keys, removed: str | None = None) -> None:
    """Decide that the desk's keys are `keys` and open for all `people`, within the caller's transaction.

    `removed` is somebody whose keyring goes.
    """
    sealed = keyring.seal_keys(keys, people(casebook).values())
    casebook.run("INSERT OR REPLACE INTO rekeying (id, keys, removed) VALUES (1, ?, ?)", sealed, removed)


def finish(place: Folder, ring: Keyring, casebook: Casebook) -> Keyring:
    """Do what is left of a change; the keyring as it is now. For the command that holds the lock.

    Raises DeskError if the change was that this person was removed.
    """
    row = casebook.one("SELECT keys, removed FROM rekeying")
    if not row or ring.own is None:
        return ring
    sealed, removed = row
    changed = keyring.open_keys(sealed, ring.own)
    folder.write(place.keys, sealed)
    publish(place, changed.keys)
    casebook.rekey(changed.casebook_key)
    if removed is not None:
        place.keyring(removed).unlink(missing_ok=True)
    with casebook.transaction():
        casebook.run("DELETE FROM rekeying")
    return changed


def publish(place: Folder, keys: Keys) -> None:
    """Write what the portal's operator needs."""
    recipients = f"# Reports for the desk {keys.desk} are sealed to this recipient.\n{keys.recipient}\n"
    folder.write(place.public / f"{keys.desk}.recipients", recipients.encode(), folder.PUBLIC_MODE)
    folder.write(place.public / f"{keys.desk}.pub", bytes(keys.verify_key) + b"\n", folder.PUBLIC_MODE)


def current(place: Folder, own: Own) -> Keyring:
    """What keys.age says now. Raises DeskError if it is missing, damaged, or not for this person any more."""
    try:
        data = place.keys.read_bytes()
    except FileNotFoundError:
        raise DeskError(f"{place.keys} is missing: put back the copy from your backup.") from None
    return keyring.open_keys(data, own)


def upgrade(place: Folder, first: Keyring, casebook: Casebook, passphrase: str, work_factor: int) -> Keyring:
    """Turn a keyring of one layer into one of two. Killed in between, the old one still opens the desk."""
    own = keyring.generate_own(first.desk, first.person)
    with casebook.transaction():
        let_in(casebook, own)
    folder.write(place.keys, keyring.seal_keys(first.keys, people(casebook).values()))
    folder.write(place.keyring(own.person), keyring.seal(own, passphrase, work_factor))
    return Keyring(own.person, first.keys, own)
