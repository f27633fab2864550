"""What came from other desks with their transfers, as the casebook keeps it: from where, and the custody log of there.

That log is evidence like our own, so `desk verify` proves it again. Rules kept here:
- Every entry is signed by a key of the other desk, in minisign's one way to write a signature, and what it says is
  bound to it by the HMAC in it. It bears the number and the case under which it is kept.
- Our own log says, for each transfer, the SHA-256 of the entries that it brought, the key of the other desk, and what
  each sealed item was there: an entry that was taken away, put in or signed anew by somebody else does not fit it.

Tables: `received`, `received_items`, `received_log`, which portal.desk.receiving fills.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import minisign
import msgspec

from portal import canonical
from portal.desk import custody
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.custody import Entry, Record
from portal.errors import CustodyError, FormatError

_KEPT = (
    "SELECT transfer, received_log.desk, received.name, number, entry, signature, key, salt, details"
    " FROM received_log LEFT JOIN received ON received.id = transfer ORDER BY transfer, number"
)


@dataclass(frozen=True)
class From:
    """A transfer that brought something of a case: from which desk, what the case is called there, and the day."""

    desk: str
    name: str
    day: str


@dataclass(frozen=True)
class Kept:
    """One entry of another desk's log as it is kept; `salt` and `details` are None where a purge there deleted them."""

    transfer: bytes
    desk: str
    case: str | None
    number: int
    entry: bytes
    signature: str
    key: str
    salt: bytes | None
    details: str | None

    @property
    def said(self) -> list[Any]:
        """What the digest of a transfer's entries covers."""
        salt = None if self.salt is None else self.salt.hex()
        return [self.number, self.entry.decode(), self.signature, self.key, salt, self.details]


def came_from(casebook: Casebook, case: Case) -> list[From]:
    """The transfers that brought a case here, the oldest first."""
    sql = "SELECT desk, name, day FROM received WHERE case_id = ? ORDER BY day, rowid"
    return [From(*row) for row in casebook.all(sql, case.id)]


def log_elsewhere(casebook: Casebook, case: Case) -> list[tuple[str, Record]]:
    """What other desks did with a case before: the desk and its record, the newest first."""
    rows = casebook.all("SELECT desk, entry, details FROM received_log WHERE case_id = ?", case.id)
    found = [
        (desk, Record(msgspec.json.decode(entry, type=Entry), details and msgspec.json.decode(details)))
        for desk, entry, details in rows
    ]
    return sorted(found, key=lambda one: (one[1].entry.at, one[1].entry.number), reverse=True)


def digest(kept: Iterable[Kept]) -> str:
    """The SHA-256 (hex) by which our own log remembers the entries that a transfer brought, in their order."""
    return hashlib.sha256(canonical.dumps([one.said for one in kept])).hexdigest()


def brought(casebook: Casebook, transfer: bytes) -> list[Kept]:
    """The entries that a transfer brought, in their order."""
    return [one for one in _kept(casebook) if one.transfer == transfer]


def check(casebook: Casebook) -> int:
    """Prove what came from other desks; how many entries of their logs there are. Raises CustodyError."""
    said = _said(casebook)
    by_transfer: dict[bytes, list[Kept]] = {}
    for one in _kept(casebook):
        by_transfer.setdefault(one.transfer, []).append(one)
        _check_entry(one)
    for transfer in by_transfer:
        if transfer.hex() not in said:
            raise CustodyError("The casebook holds entries of another desk's log that no transfer brought.")
    for name, told in said.items():
        _check_transfer(casebook, told, by_transfer.get(bytes.fromhex(name), []))
    (rows,) = casebook.one("SELECT count(*) FROM received")
    if rows != len(said):
        raise CustodyError("The casebook names a transfer from another desk of which the log says nothing.")
    _check_originals(casebook, said.values())
    return sum(map(len, by_transfer.values()))


def _kept(casebook: Casebook) -> Iterator[Kept]:
    for row in casebook.all(_KEPT):
        yield Kept(*row)


def _said(casebook: Casebook) -> dict[str, Mapping[str, Any]]:
    """What our log says of each transfer, by its id, as far as no purge has deleted that."""
    return {
        record.details["id"]: record.details
        for record in custody.records(casebook)
        if record.entry.act == "received" and record.details is not None
    }


def _check_entry(one: Kept) -> None:
    what = f"Entry {one.number} of the log of the desk {one.desk}"
    try:
        entry = canonical.loads(one.entry, Entry, what, FormatError)
        key = minisign.PublicKey.from_base64(one.key)
    except (FormatError, minisign.Error, ValueError):
        raise CustodyError(f"{what} cannot be read: it was changed here.") from None
    if custody.signer(one.number, one.entry, one.signature.encode(), [key]) is None:
        raise CustodyError(f"{what} is not signed by the key of that desk: it was changed here.")
    if (entry.number, entry.case) != (one.number, one.case):
        raise CustodyError(f"{what} is kept under another number or case than it names.")
    if (one.salt is None) != (one.details is None):
        raise CustodyError(f"What {what[0].lower()}{what[1:]} says is there by halves.")
    if one.salt is None or one.details is None:
        return
    if hmac.digest(one.salt, one.details.encode(), "sha256").hex() != entry.details:
        raise CustodyError(f"What {what[0].lower()}{what[1:]} says was changed here.")


def _check_transfer(casebook: Casebook, told: Mapping[str, Any], kept: list[Kept]) -> None:
    sql = "SELECT desk, name, sha256, manifest_key FROM received WHERE id = ?"
    row = casebook.one(sql, bytes.fromhex(told["id"]))
    if not row or (row[0], row[1], row[2].hex(), row[3]) != (told["desk"], told["name"], told["sha256"], told["key"]):
        raise CustodyError(f"What is kept of a transfer from the desk {told['desk']} is not what the log says of it.")
    if digest(kept) != told["log"]:
        raise CustodyError(f"The log of the desk {told['desk']} is not whole: an entry was taken away or put in here.")


def _check_originals(casebook: Casebook, said: Iterable[Mapping[str, Any]]) -> None:
    """Which sealed item here was which one at the other desk."""
    told = {pair for one in said for pair in zip(one["items"], one["originals"], strict=True)}
    rows = casebook.all(
        "SELECT coalesce(s.original, m.sha256), r.original FROM received_items r JOIN messages m ON m.id = r.message_id"
        " LEFT JOIN sealed_away s ON s.message_id = m.id AND s.original NOT IN (SELECT remainder FROM sealed_away)"
    )
    if {(here.hex(), there.hex()) for here, there in rows} != told:
        raise CustodyError("Which sealed item was which at the other desk is not what the log says.")
