"""The single proofs of `desk verify`, on an open casebook: items, quarantine, referrals. They only read.

What the log says and what the casebook says must be the same: an item that came and has no row, or a row that nobody
brought in, is a broken link as well. What was purged is out of both.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import minisign

from portal.desk import custody, tombstones
from portal.desk.casebook import Casebook
from portal.desk.custody import Record
from portal.desk.folder import Folder, pieces
from portal.desk.referring import manifest
from portal.desk.referring.manifest import Manifest
from portal.errors import CustodyError

_BACKUP = "put it back from a backup"


def check_items(casebook: Casebook, place: Folder) -> int:
    """Each message's sealed item, the entry that brought it in, its file; how many there are. Raises CustodyError."""
    brought = _brought(casebook)
    stored = dict(
        casebook.all("SELECT sha256, name FROM messages JOIN cases ON cases.id = case_id ORDER BY messages.id")
    )
    for sha256, number in brought.items():
        if sha256 not in stored:
            raise CustodyError(
                f"Entry {number} of the log brought in an item that the casebook does not have any more."
            )
    for sha256, case in stored.items():
        if sha256 not in brought:
            raise CustodyError(f"{case} has an item that no entry of the log brought in.")
        _check_file(place.sealed(sha256), sha256, f"a sealed item of {case}")
    left = {sha256 for (sha256,) in casebook.all("SELECT sha256 FROM erasing UNION SELECT original FROM sealed_away")}
    _check_known(place.sealed_items, stored, left)
    return len(stored)


def check_quarantine(casebook: Casebook, place: Folder) -> int:
    """Each file in quarantine; how many there are. Raises CustodyError."""
    logged = {
        (said["item"], said["sha256"]): record.entry.number for record, said in _details(casebook, ("quarantined",))
    }
    stored = casebook.all("SELECT item, sha256 FROM quarantine ORDER BY id")
    for item, sha256 in stored:
        if (item.hex(), sha256.hex()) not in logged:
            raise CustodyError("There is an item in quarantine of which the log says nothing.")
        _check_file(place.quarantined(sha256), sha256, "an item in quarantine")
    here = {(item.hex(), sha256.hex()) for item, sha256 in stored}
    for (item, sha256), number in logged.items():
        if (item, sha256) not in here and not _settled(casebook, bytes.fromhex(item)):
            raise CustodyError(f"Entry {number} of the log put an item into quarantine that is not there any more.")
    left = {sha256 for (sha256,) in casebook.all("SELECT sha256 FROM erasing")}
    _check_known(place.quarantine, {sha256 for _, sha256 in stored}, left)
    return len({sha256 for _, sha256 in stored})


def check_referrals(casebook: Casebook, keys: Collection[minisign.PublicKey]) -> dict[bytes, Manifest]:
    """Each referral's manifest, by its SHA-256: signature, hash, entry in the log. Raises CustodyError."""
    logged = {bytes.fromhex(said["manifest"]): record for record, said in _details(casebook, ("referred",))}
    made: dict[bytes, Manifest] = {}
    for case, number, data, signature, sha256 in casebook.all(
        "SELECT name, referrals.number, manifest, signature, sha256 FROM referrals JOIN cases ON cases.id = case_id"
        " ORDER BY referrals.id"
    ):
        what = f"The manifest of referral {number} of {case}"
        if hashlib.sha256(data).digest() != sha256:
            raise CustodyError(f"{what} was changed: it has another SHA-256.")
        if sha256 not in logged or logged[sha256].entry.case != case:
            raise CustodyError(f"{what} is not the one that the log speaks of.")
        made[sha256] = manifest.check(data, signature, list(keys))
    for sha256, record in logged.items():
        if sha256 not in made:
            raise CustodyError(f"The referral of entry {record.entry.number} of the log is missing in the casebook.")
    return made


def check_referral_folder(folder: Path, made: Mapping[bytes, Manifest]) -> int:
    """The files of every referral in `folder` or below it; how many referrals there are. Raises CustodyError."""
    found = sorted(folder.rglob(manifest.NAME)) if folder.is_dir() else []
    if not found:
        raise CustodyError(f"There is no referral in {folder}: a referral is a folder with {manifest.NAME}.")
    for path in found:
        sha256 = _sha256(path)
        if sha256 not in made:
            raise CustodyError(f"{path} is not the manifest of a referral that this desk made: it was changed.")
        for file in made[sha256].files:
            _check_file(path.parent.joinpath(*file.name.split("/")), bytes.fromhex(file.sha256), "a file of a referral")
    return len(found)


def _brought(casebook: Casebook) -> dict[bytes, int]:
    """The items that the log says are here, by SHA-256: the entry that brought each one in."""
    here: dict[bytes, int] = {}
    for record, said in _details(casebook, ("imported", "added", "received", "attachment-sealed")):
        if record.entry.act == "attachment-sealed":
            if bytes.fromhex(said["original"]) not in here:
                raise CustodyError(f"Entry {record.entry.number} of the log replaced an item that nobody brought in.")
            del here[bytes.fromhex(said["original"])]
            names = [said["remainder"]]
        else:
            names = said["items"] if record.entry.act == "received" else [said["sha256"]]
        here |= {bytes.fromhex(name): record.entry.number for name in names}
    return here


def _details(casebook: Casebook, acts: Collection[str]) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """The entries of these acts that no purge has emptied."""
    for record in custody.records(casebook):
        if record.entry.act in acts and record.details is not None:
            yield record, record.details


def _settled(casebook: Casebook, item: bytes) -> bool:
    """Whether what was quarantined under this id came again and is a message now, or was purged since."""
    return bool(casebook.one("SELECT 1 FROM messages WHERE item = ?", item)) or tombstones.is_gone(casebook, item)


def _check_file(path: Path, sha256: bytes, what: str) -> None:
    try:
        found = _sha256(path)
    except FileNotFoundError:
        raise CustodyError(f"{path}, {what}, is missing: {_BACKUP}.") from None
    if found != sha256:
        raise CustodyError(f"{path}, {what}, was changed: {_BACKUP}.")


def _check_known(folder: Path, known: Collection[bytes], left: Collection[bytes]) -> None:
    """Nothing lies in a folder of items but what the casebook knows; a file in the making has a name with a dot."""
    names = {f"{sha256.hex()}.age" for sha256 in known}
    over = {f"{sha256.hex()}.age" for sha256 in left} - names
    for path in sorted(folder.iterdir()):
        if path.name in over:
            raise CustodyError(f"{path} should be erased: give `desk purge --due`, which finishes what was broken off.")
        if path.name not in names and not path.name.startswith("."):
            raise CustodyError(f"Nobody knows {path}: it was put there by hand, or the casebook is older than it.")


def _sha256(path: Path) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces(path):
        digest.update(piece)
    return digest.digest()
