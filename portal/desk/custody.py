"""The chain of custody: who did what and when, in an append-only log that a court can check.

Rules kept here:
- Every entry holds the SHA-256 of the entry before it, and is signed by the desk's key: what is changed, left out or
  put in between breaks the chain at that place.
- What an entry says of a case lies beside it and is bound to it by an HMAC under a salt of its own. A purge deletes
  both: the chain still holds, and says "purged"; without the salt nothing can be guessed from the HMAC.
- An entry belongs into the transaction of the act that it records.

`entry` is canonical JSON (RFC 8785):

    format    "portevoix/log/1"
    number    1, 2, 3 …
    at        UTC, to the second: 2026-11-25T08:30:00Z
    person    whose keyring was open
    act       one of `Act`
    case      name of the case, or ""
    details   hex, HMAC-SHA-256(salt, details), 32 bytes
    previous  hex, SHA-256 of the entry before; 32 NUL before the first
"""

import hmac
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import minisign
import msgspec

from portal import canonical
from portal.desk.casebook import Casebook
from portal.desk.keyring import Keyring
from portal.errors import CustodyError, FormatError
from portal.kdf import sha256
from portal.report import Hex32, Name

Act = Literal[
    "desk-made",
    "imported",
    "quarantined",
    "added",
    "viewed",
    "extracted",
    "cleaned",
    "attachment-sealed",
    "noted",
    "assigned",
    "tagged",
    "status",
    "replied",
    "packed",
    "merged",
    "unmerged",
    "referred",
    "transferred",
    "received",
    "held",
    "released",
    "restricted",
    "person-searched",
    "request-decided",
    "purged",
    "backed-up",
    "restored",
    "person-added",
    "person-removed",
    "passphrase-changed",
    "key-rotated",
    "portal-pinned",
    "settings-changed",
]
"""What can be done at a desk."""
SALT_BYTES = 32
_START = bytes(32)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry, as it is signed."""

    format: Literal["portevoix/log/1"]
    number: int
    at: str
    person: Name
    act: Act
    case: str
    details: Hex32
    previous: Hex32


@dataclass(frozen=True)
class Record:
    """An entry and what it says; `details` is None once a purge has deleted it."""

    entry: Entry
    details: Mapping[str, Any] | None


def append(
    casebook: Casebook,
    keyring: Keyring,
    at: datetime,
    act: Act,
    case: tuple[int, str] | None,
    details: Mapping[str, Any],
) -> Entry:
    """Add an entry to the log, within the caller's transaction; `case` is the id and the name of a case.

    `details` is anything that canonical JSON can hold.
    """
    number, previous = _end(casebook)
    salt, said = secrets.token_bytes(SALT_BYTES), canonical.dumps(details)
    entry = Entry(
        format="portevoix/log/1",
        number=number + 1,
        at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        person=keyring.person,
        act=act,
        case=case[1] if case else "",
        details=hmac.digest(salt, said, "sha256").hex(),
        previous=previous.hex(),
    )
    data = canonical.dumps(entry)
    key = keyring.signing_key
    signature = bytes(key.sign(data, trusted_comment=f"portevoix log {entry.number}"))
    public = minisign.PublicKey.from_secret_key(key).to_base64().decode()
    casebook.run("INSERT OR IGNORE INTO signing_keys (key) VALUES (?)", public)
    casebook.run("INSERT INTO log (number, entry, signature) VALUES (?, ?, ?)", entry.number, data, signature)
    casebook.run(
        "INSERT INTO log_details (number, case_id, salt, details) VALUES (?, ?, ?, ?)",
        *(entry.number, case[0] if case else None, salt, said.decode()),
    )
    return entry


def records(casebook: Casebook, case: str | None = None) -> Iterator[Record]:
    """The log, or that of one case by its name, the oldest first. Nothing is checked: `check` does that."""
    rows = casebook.all("SELECT entry, details FROM log LEFT JOIN log_details USING (number) ORDER BY log.number")
    for data, details in rows:
        entry = msgspec.json.decode(data, type=Entry)
        if case in (None, entry.case):
            yield Record(entry, None if details is None else msgspec.json.decode(details))


def check(casebook: Casebook, keys: list[minisign.PublicKey]) -> int:
    """Prove the whole chain; how many entries it has. `keys` are those that may have signed it.

    Raises CustodyError, which names the first entry that does not hold.
    """
    previous, number = _START, 0
    rows = casebook.all(
        "SELECT log.number, entry, signature, salt, details FROM log LEFT JOIN log_details USING (number)"
        " ORDER BY log.number"
    )
    for number, (row, data, signature, salt, details) in enumerate(rows, 1):
        entry = _read(number, data)
        if row != number or entry.number != number:
            raise CustodyError(f"Entry {number} of the log is missing: put back the casebook from a backup.")
        if bytes.fromhex(entry.previous) != previous:
            raise CustodyError(f"Entry {number} of the log does not follow the one before it: an entry was changed.")
        if not _signed(data, signature, keys):
            raise CustodyError(f"Entry {number} of the log is not signed by a key of this desk: it was changed.")
        if details is not None and hmac.digest(salt, details.encode(), "sha256") != bytes.fromhex(entry.details):
            raise CustodyError(f"What entry {number} of the log says was changed.")
        previous = sha256(data)
    (left,) = casebook.one("SELECT count(*) FROM log_details WHERE number NOT IN (SELECT number FROM log)")
    if left:
        raise CustodyError(f"The log has been cut short after entry {number}: put back the casebook from a backup.")
    return number


def head(casebook: Casebook) -> tuple[int, bytes]:
    """Number and SHA-256 (32 bytes) of the last entry: kept elsewhere, they prove that no entry was cut off."""
    return _end(casebook)


def _end(casebook: Casebook) -> tuple[int, bytes]:
    row = casebook.one("SELECT number, entry FROM log ORDER BY number DESC LIMIT 1")
    return (row[0], sha256(row[1])) if row else (0, _START)


def _read(number: int, data: bytes) -> Entry:
    try:
        return canonical.loads(data, Entry, "The entry", FormatError)
    except FormatError:
        raise CustodyError(f"Entry {number} of the log cannot be read: it was changed.") from None


def _signed(data: bytes, signature: bytes, keys: list[minisign.PublicKey]) -> bool:
    for key in keys:
        try:
            key.verify(data, minisign.Signature.from_bytes(signature))
        except (minisign.Error, ValueError):
            continue
        return True
    return False
