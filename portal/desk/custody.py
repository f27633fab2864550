"""The chain of custody: who did what and when, in an append-only log that a court can check.

Rules kept here:
- Every entry holds the SHA-256 of the entry before it, and is signed by the desk's key: what is changed, left out or
  put in between breaks the chain at that place.
- What an entry says of a case lies beside it and is bound to it by an HMAC under a salt of its own. A purge deletes
  both: the chain still holds, and says "purged"; without the salt nothing can be guessed from the HMAC.
- An entry belongs into the transaction of the act that it records.
- Which keys may sign is said by the chain itself: the first entry is signed by the desk's first key, and a new key is
  brought in by an entry "key-rotated", signed by the old one, whose details are {"key": its minisign public key,
  base64}. The chain must end at the key of the keyring, so one that somebody made anew with a key of their own does
  not hold. The table `signing_keys` only says where to look: a signature names its key by an id, not in full.

`entry` is canonical JSON (RFC 8785):

    format    "portevoix/log/1"
    number    1, 2, 3 …
    at        UTC, to the second: 2026-11-25T08:30:00Z
    person    whose keyring was open
    act       one of `portal.desk.acts.Act`
    case      name of the case, or ""
    details   hex, HMAC-SHA-256(salt, details), 32 bytes
    previous  hex, SHA-256 of the entry before; 32 NUL before the first
"""

import hmac
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

import minisign
import msgspec

from portal import canonical
from portal.desk.acts import Act as Act
from portal.desk.casebook import Casebook
from portal.desk.keyring import Keyring
from portal.errors import CustodyError, DeskError, FormatError
from portal.kdf import sha256
from portal.report import Hex32, Name

SALT_BYTES = 32
_START = bytes(32)
_UNTRUSTED = "portevoix"
"""The comment that no signature covers is always this, so that it cannot be changed either."""


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
class Head:
    """The last entry: its number, 0 in an empty log, and the SHA-256 of `entry`, 32 bytes."""

    number: int
    sha256: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """As it was written down: NUMBER:HASH. Raises DeskError."""
        number, _, sha256 = text.strip().partition(":")
        if not re.fullmatch(r"[0-9]{1,15}", number, re.ASCII) or not re.fullmatch("[0-9a-f]{64}", sha256.lower()):
            raise DeskError("A head is written NUMBER:HASH, as `desk verify` prints it: 64 letters and digits of hash.")
        return cls(int(number), bytes.fromhex(sha256))


@dataclass(frozen=True)
class Proved:
    """A chain that holds: how many entries it has, and the keys that signed them."""

    entries: int
    keys: list[minisign.PublicKey]


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
    case: tuple[int | None, str] | None,
    details: Mapping[str, Any],
) -> Entry:
    """Add an entry to the log, within the caller's transaction; `case` is the id and the name of a case.

    The id is None for a case that is gone: only a purge writes so. `details` is anything that canonical JSON can hold.
    """
    last = head(casebook)
    salt, said = secrets.token_bytes(SALT_BYTES), canonical.dumps(details)
    entry = Entry(
        format="portevoix/log/1",
        number=last.number + 1,
        at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        person=keyring.person,
        act=act,
        case=case[1] if case else "",
        details=hmac.digest(salt, said, "sha256").hex(),
        previous=last.sha256.hex(),
    )
    data = canonical.dumps(entry)
    key = keyring.signing_key
    comment = f"portevoix log {entry.number}"
    signature = bytes(key.sign(data, untrusted_comment=_UNTRUSTED, trusted_comment=comment))
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


def check(casebook: Casebook, keys: Sequence[minisign.PublicKey]) -> int:
    """Prove the whole chain as `prove` does; how many entries it has."""
    return prove(casebook, keys).entries


def prove(casebook: Casebook, keys: Sequence[minisign.PublicKey]) -> Proved:
    """Prove the whole chain. `keys` are those of the keyring: the chain must end at one of them.

    Raises CustodyError, which names the first entry that does not hold.
    """
    work = _Check(casebook)
    rows = casebook.all(
        "SELECT log.number, entry, signature, salt, details, case_id FROM log LEFT JOIN log_details USING (number)"
        " ORDER BY log.number"
    )
    for number, (row, data, signature, *said) in enumerate(rows, 1):
        entry = _read(number, data)
        if row != number or entry.number != number:
            raise CustodyError(f"Entry {number} of the log is missing: put back the casebook from a backup.")
        if bytes.fromhex(entry.previous) != work.previous:
            raise CustodyError(f"Entry {number} of the log does not follow the one before it: an entry was changed.")
        work.check_signature(entry, data, signature)
        work.check_details(entry, *said)
        work.previous = sha256(data)
    if rows and not any(key in work.allowed for key in keys):
        raise CustodyError("The log does not end with the key of this desk: another key signed its last entries.")
    work.check_end(len(rows))
    return Proved(len(rows), work.keys)


class _Check:
    """What is known of the chain up to an entry."""

    def __init__(self, casebook: Casebook) -> None:
        self.previous = _START
        self.allowed: list[minisign.PublicKey] = []
        """Keys that may sign the next entry."""
        self.keys: list[minisign.PublicKey] = []
        """Keys that have signed."""
        self._known = [_public(key) for (key,) in casebook.all("SELECT key FROM signing_keys ORDER BY id")]
        self._cases: dict[int, str] = dict(casebook.all("SELECT id, name FROM cases"))
        self._casebook = casebook
        self._gone: dict[str, int] = {}
        """Of each case, the first entry whose details are not there, …"""
        self._purged: set[str] = set()
        """… and the cases whose purge was recorded after them."""

    def check_signature(self, entry: Entry, data: bytes, signature: bytes) -> None:
        may_sign = self.allowed or [key for key in self._known if key is not None]
        signed_by = signer(entry.number, data, signature, may_sign)
        if signed_by is None:
            raise CustodyError(f"Entry {entry.number} of the log is not signed by a key of this desk: it was changed.")
        if signed_by not in self.keys:
            self.keys.append(signed_by)
        # After "key-rotated" the old key may sign until the new one has: a rotation can be broken off in between.
        if len(self.allowed) != 2 or signed_by == self.allowed[1]:
            self.allowed = [signed_by]

    def check_details(self, entry: Entry, salt: bytes | None, details: str | None, case_id: int | None) -> None:
        if salt is None or details is None:
            if not entry.case:
                raise CustodyError(f"What entry {entry.number} of the log says was deleted, though it is of no case.")
            self._gone.setdefault(entry.case, entry.number)
            return
        if hmac.digest(salt, details.encode(), "sha256") != bytes.fromhex(entry.details):
            raise CustodyError(f"What entry {entry.number} of the log says was changed.")
        if entry.act == "purged":
            self._purged.add(entry.case)
        elif (entry.case or None) != (None if case_id is None else self._cases.get(case_id)):
            raise CustodyError(f"What entry {entry.number} of the log says hangs on another case than it names.")
        if entry.act == "key-rotated":
            self._bring_in(entry.number, msgspec.json.decode(details))

    def check_end(self, number: int) -> None:
        for case, first in self._gone.items():
            if case not in self._purged or case in self._cases.values():
                raise CustodyError(f"What entry {first} of the log says was deleted, though its case was not purged.")
        sql = "SELECT count(*) FROM log_details WHERE number NOT IN (SELECT number FROM log)"
        if self._casebook.one(sql) != (0,):
            raise CustodyError(f"The log has been cut short after entry {number}: put back the casebook from a backup.")

    def _bring_in(self, number: int, details: Any) -> None:
        key = _public(details.get("key")) if isinstance(details, dict) else None
        if key is None:
            raise CustodyError(f"Entry {number} of the log brings in a key that is none: it was changed.")
        self.allowed = [self.allowed[0], key]


def head(casebook: Casebook) -> Head:
    """The last entry. Kept elsewhere, it proves that no entry was cut off."""
    row = casebook.one("SELECT number, entry FROM log ORDER BY number DESC LIMIT 1")
    return Head(row[0], sha256(row[1])) if row else Head(0, _START)


def check_head(casebook: Casebook, written: Head) -> None:
    """Raise CustodyError unless the log, which may have grown since, still holds the entry that was its head once."""
    row = casebook.one("SELECT entry FROM log WHERE number = ?", written.number)
    if written.number and not row:
        raise CustodyError(
            f"The log has been cut short: it had an entry {written.number} when its head was written down."
        )
    if (sha256(row[0]) if row else _START) != written.sha256:
        raise CustodyError(f"Entry {written.number} of the log is not the one whose hash was written down.")


def _read(number: int, data: bytes) -> Entry:
    try:
        return canonical.loads(data, Entry, "The entry", FormatError)
    except FormatError:
        raise CustodyError(f"Entry {number} of the log cannot be read: it was changed.") from None


def _public(key: object) -> minisign.PublicKey | None:
    try:
        return minisign.PublicKey.from_base64(key) if isinstance(key, str) else None
    except (minisign.Error, ValueError):
        return None


def signer(number: int, data: bytes, signature: bytes, keys: Sequence[minisign.PublicKey]) -> minisign.PublicKey | None:
    """Which of `keys` signed the entry with this number, in the one way in which `append` writes a signature."""
    try:
        signed = minisign.Signature.from_bytes(signature)
    except (minisign.Error, ValueError):
        return None
    # Base64 with stray bits, and a comment that no signature covers, are changes as well.
    if bytes(signed) != signature or signed.untrusted_comment != _UNTRUSTED:
        return None
    if signed.trusted_comment != f"portevoix log {number}":
        return None
    for key in keys:
        try:
            key.verify(data, signed)
        except (minisign.Error, ValueError):
            continue
        return key
    return None
