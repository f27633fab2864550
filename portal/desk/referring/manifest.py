"""manifest.json of a referral: every file with its size and SHA-256, signed by the desk's key (docs/referrals.md).

Pure. The casebook keeps manifest and signature, so that what was referred can be proved later.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import minisign
import msgspec

from portal import canonical
from portal.errors import CustodyError, FormatError
from portal.report import Day, Hex32, Name

FORMATS = {
    "pdf": "referral.pdf",
    "json": "referral.json",
    "urls": "urls.csv",
    "cybertip": "cybertip.xml",
    "case": "case.jsonld",
}
"""What a referral can hold, and what the file is called."""
DEFAULT = ("pdf", "json", "urls")
NAME, SIGNATURE_NAME = "manifest.json", "manifest.json.minisig"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its name within the referral, size in bytes, SHA-256."""

    name: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Hex32


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """manifest.json; `authority` is "" where none was named."""

    format: Literal["portevoix/referral-manifest/1"]
    desk: Name
    case: str
    referral: Annotated[int, msgspec.Meta(ge=1)]
    day: Day
    person: Name
    authority: str
    files: list[Entry]


def sign(manifest: Manifest, key: minisign.SecretKey) -> tuple[bytes, bytes]:
    """The bytes of manifest.json (RFC 8785) and of manifest.json.minisig (prehashed, as `minisign -S` makes it)."""
    data = canonical.dumps(manifest)
    comment = f"portevoix referral {manifest.case} {manifest.referral} {manifest.desk}"
    return data, bytes(key.sign(data, untrusted_comment="portevoix", trusted_comment=comment)) + b"\n"


def check(data: bytes, signature: bytes, keys: Sequence[minisign.PublicKey]) -> Manifest:
    """The manifest, if it is signed by one of `keys`. Raises CustodyError."""
    try:
        signed = minisign.Signature.from_bytes(signature)
    except (minisign.Error, ValueError):
        raise CustodyError("The signature of a referral's manifest is none: it was changed.") from None
    if not any(_holds(key, data, signed) for key in keys):
        raise CustodyError("A referral's manifest is not signed by a key of this desk: it was changed.")
    try:
        return canonical.loads(data, Manifest, "The manifest of a referral", FormatError)
    except FormatError as error:
        raise CustodyError(str(error)) from None


def _holds(key: minisign.PublicKey, data: bytes, signature: minisign.Signature) -> bool:
    try:
        key.verify(data, signature)
    except (minisign.Error, ValueError):
        return False
    return True
