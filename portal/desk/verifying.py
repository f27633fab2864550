"""Prove a desk: that its casebook, its log, its sealed items and its referrals are as they were.

Rules kept here:
- Nothing is written to the desk, and nothing is asked of it but to be read: a copy on a read-only medium is as good.
- What is checked: every page of the casebook (SQLCipher's HMACs, also of free pages), the database in itself, the chain
  of custody, each sealed item against its SHA-256 and against the entry that says how it came, what lies in the folders
  and nobody knows, each referral's signed manifest, each entry of another desk's log that came with a transfer.
- The first link that does not hold is named, in one sentence.
- A chain proves nothing about entries that were cut off at its end, by somebody who had the keys. Its head does: number
  and SHA-256 of the last entry, written down elsewhere, must be found again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.desk import custody, proving, received
from portal.desk.casebook import STEPS, WAL, Casebook, at_rest
from portal.desk.custody import Head
from portal.desk.folder import Folder
from portal.desk.keyring import Keyring
from portal.errors import CasebookDamaged, CustodyError, DeskError


@dataclass(frozen=True)
class Whole:
    """A desk that holds: what was checked, and the head of its log."""

    head: Head
    pages: int
    items: int
    quarantined: int
    referrals: int
    purged: int
    elsewhere: int
    """Entries of other desks' logs that came with transfers."""


def verify(place: Folder, ring: Keyring, head: Head | None = None, referrals: Sequence[Path] = ()) -> Whole:
    """Check the desk in `place`; `head` is one that was written down earlier, `referrals` are folders that were made.

    Raises CustodyError, which names the first broken link; DeskError if the desk was changed meanwhile.
    """
    before = _stamp(place)
    try:
        return _verify(place, ring, head, referrals)
    except CustodyError:
        if _stamp(place) != before:
            raise DeskError(
                "Somebody worked at this desk while it was checked: do this again when it is quiet."
            ) from None
        raise


def _verify(place: Folder, ring: Keyring, head: Head | None, referrals: Sequence[Path]) -> Whole:
    pages = _check_pages(place, ring)
    with at_rest(place.casebook, *ring.keys.casebook_keys) as casebook:
        if casebook.version != len(STEPS):
            raise DeskError(
                "This casebook was written by another version of Portevoix: check it with that one, or open the desk "
                "once for writing and check it then."
            )
        _check_database(casebook)
        proved = custody.prove(casebook, [ring.verify_key])
        if head is not None:
            custody.check_head(casebook, head)
        items = proving.check_items(casebook, place)
        quarantined = proving.check_quarantine(casebook, place)
        made = proving.check_referrals(casebook, proved.keys)
        elsewhere = received.check(casebook)
        for folder in referrals:
            proving.check_referral_folder(folder, made)
        (purged,) = casebook.one("SELECT count(*) FROM tombstones")
        return Whole(custody.head(casebook), pages, items, quarantined, len(made), purged, elsewhere)


def _check_pages(place: Folder, ring: Keyring) -> int:
    """Every page of the casebook's file; how many there are."""
    try:
        with Casebook.read(place.casebook, *ring.keys.casebook_keys) as casebook:
            (size,) = casebook.one("PRAGMA page_size")
            wrong = casebook.all("PRAGMA cipher_integrity_check")
            if wrong:
                raise CustodyError(f"The casebook was changed on the disk ({wrong[0][0]}): put back a backup.")
    except CasebookDamaged:
        raise CustodyError(
            "The casebook cannot be read with the key of this desk: it was changed, or is that of another desk."
        ) from None
    return place.casebook.stat().st_size // int(size)


def _check_database(casebook: Casebook) -> None:
    try:
        found = casebook.all("PRAGMA integrity_check(1)")
        loose = casebook.all("PRAGMA foreign_key_check")
    except CasebookDamaged:
        raise CustodyError("The casebook does not hold together as a database: put back a backup.") from None
    if found != [("ok",)]:
        raise CustodyError(f"The casebook does not hold together as a database ({found[0][0]}): put back a backup.")
    if loose:
        raise CustodyError(f"A row of the table {loose[0][0]} belongs to nothing: put back a backup.")


def _stamp(place: Folder) -> list[tuple[int, int] | None]:
    """Changes when somebody writes at the desk."""
    paths = [place.casebook, place.casebook.with_name(place.casebook.name + WAL)]
    paths += [place.sealed_items, place.quarantine]
    return [(path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else None for path in paths]
