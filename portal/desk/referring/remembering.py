"""What the casebook remembers of referrals: to whom, when, by whom, and the signed manifest.

Functions here read and write the casebook's table `referrals`; a change belongs into a transaction of the caller.
"""

from dataclasses import dataclass
from typing import Any

from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.referring.model import Contact

_REFERRALS = (
    "SELECT name, referrals.number, day, person, authority, formats, attachments, contact, sealed,"
    " manifest, signature, sha256 FROM referrals JOIN cases ON cases.id = case_id"
)


@dataclass(frozen=True)
class Referred:
    """One referral; `sha256` is that of the manifest (32 bytes), `authority` None where none was named."""

    case: str
    number: int
    day: str
    person: str
    authority: str | None
    formats: tuple[str, ...]
    attachments: str
    contact: Contact
    sealed: bool
    manifest: bytes
    signature: bytes
    sha256: bytes


def listed(casebook: Casebook, case: Case | None = None) -> list[Referred]:
    """The referrals of a case, or all of them, the oldest first."""
    where, values = (" WHERE case_id = ?", [case.id]) if case else ("", [])
    rows = casebook.all(f"{_REFERRALS}{where} ORDER BY referrals.id", *values)
    return [_referred(*row) for row in rows]


def next_number(casebook: Casebook, case: Case) -> int:
    """The number of the next referral of a case, from 1."""
    (number,) = casebook.one("SELECT coalesce(max(number), 0) + 1 FROM referrals WHERE case_id = ?", case.id)
    return int(number)


def remember(casebook: Casebook, case: Case, referred: Referred) -> None:
    """Keep one referral."""
    casebook.run(
        "INSERT INTO referrals (case_id, number, day, person, authority, formats, attachments, contact, sealed,"
        " manifest, signature, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(case.id, referred.number, referred.day, referred.person, referred.authority, ",".join(referred.formats)),
        *(referred.attachments, referred.contact, referred.sealed, referred.manifest, referred.signature),
        referred.sha256,
    )


def _referred(
    case: str, number: int, day: str, person: str, authority: str | None, formats: str, attachments: str, *rest: Any
) -> Referred:
    contact, sealed, manifest, signature, sha256 = rest
    kept = (contact, bool(sealed), manifest, signature, sha256)
    return Referred(case, number, day, person, authority, tuple(formats.split(",")), attachments, *kept)
