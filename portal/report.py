"""report.json and reply.json: their structures, signature and text form (docs/format.md sections 3, 4, 7, 8).

Pure. What the answers of a channel may be is `portal.channels`' concern.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, get_args

import msgspec
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.signing import VerifyKey

from portal import canonical, limits
from portal.age import HybridRecipient
from portal.errors import PortevoixError, ReportError
from portal.kdf import sha256
from portal.receipt import ThreadKeys, locator

_SIGNED = b"portevoix/report/v1"

# Python's $ also matches before a final line break; (?!\n) closes that.
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}(?!\n)$")]
"""The key of a desk or a channel."""
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?!\n)$")]
Hex16 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}(?!\n)$")]
Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
Size = Annotated[int, msgspec.Meta(ge=0, le=limits.SEALED_ITEM_BYTES)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}(?!\n)$")]
Status = Literal[
    "received",
    "under-review",
    "question",
    "forwarded-police",
    "forwarded-stopline",
    "forwarded-other",
    "outside-remit",
    "closed",
    "content-gone",
]

STATUSES: tuple[str, ...] = get_args(Status)
"""What a desk may say of a case, in the order in which it usually happens."""


class Attachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a report; `name` and `type` are the reporter's, untrusted."""

    name: Annotated[str, msgspec.Meta(max_length=limits.FILE_NAME_BYTES)]
    type: Annotated[str, msgspec.Meta(max_length=limits.MEDIA_TYPE_BYTES)]
    size: Size
    sha256: Hex32


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """report.json: a report or a follow-up message."""

    format: Literal["portevoix/report/1"]
    kind: Literal["report", "message"]
    id: Hex32
    channel: Name
    version: Annotated[int, msgspec.Meta(ge=1, le=9999)]
    language: Language
    answers: dict[str, Any]
    narrative: str
    keep_from: Annotated[list[Name], msgspec.Meta(max_length=32)]
    attachments: Annotated[list[Attachment], msgspec.Meta(max_length=limits.ATTACHMENT_COUNT)]
    received: Day
    recipient: Annotated[str, msgspec.Meta(pattern=r"^age1pq1[02-9ac-hj-np-z]+(?!\n)$", max_length=2_000)]
    verify_key: Hex32

    @property
    def locator(self) -> bytes:
        """The thread that this belongs to, 32 bytes. Raises ReportError if the recipient is not one."""
        try:
            return locator(HybridRecipient.parse(self.recipient), bytes.fromhex(self.verify_key))
        except PortevoixError:
            raise ReportError("The report's recipient is not an age recipient.") from None


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reply.json: what a desk answers."""

    format: Literal["portevoix/reply/1"]
    id: Hex16
    desk: Name
    day: Day
    number: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    status: Status
    text: str
    channel: Name
    follow_up: Annotated[list[Name], msgspec.Meta(max_length=32)]


class Draft(msgspec.Struct, frozen=True):
    """What a reporter said, before it has an id: the content that the item id depends on."""

    kind: Literal["report", "message"]
    channel: str
    version: int
    language: str
    answers: dict[str, Any]
    narrative: str
    keep_from: list[str]
    attachments: list[Attachment]


def item_id(draft: Draft, keys: ThreadKeys, nonce: bytes) -> bytes:
    """The id under which `draft` is stored, 32 bytes: the same for the same words from the same form."""

    content = canonical.dumps({"format": "portevoix/report/1", **msgspec.to_builtins(draft)})
    return hmac.digest(keys.item_key, nonce + sha256(content), "sha256")


def complete(draft: Draft, keys: ThreadKeys, identifier: bytes, received: str) -> bytes:
    """The bytes of report.json. Raises ReportError if it would be too long."""
    report = canonical.dumps(
        {
            "format": "portevoix/report/1",
            **msgspec.to_builtins(draft),
            "id": identifier.hex(),
            "received": received,
            "recipient": str(keys.recipient),
            "verify_key": keys.verify_key.hex(),
        }
    )
    limit = limits.REPORT_WITH_ATTACHMENTS_BYTES if draft.attachments else limits.REPORT_BYTES
    if len(report) > limit:
        raise ReportError("The report is too long: shorten the text, or send the rest as a follow-up.")
    return report


def sign(report: bytes, keys: ThreadKeys) -> bytes:
    """report.sig, 64 bytes."""
    return keys.sign(_SIGNED + report)


def read(report: bytes, signature: bytes) -> Report:
    """Read and check report.json and its signature. Raises ReportError."""
    value = canonical.loads(report, Report, "report.json", ReportError)
    try:
        VerifyKey(bytes.fromhex(value.verify_key)).verify(_SIGNED + report, signature)
    except (BadSignatureError, CryptoError, ValueError):
        raise ReportError("report.sig is not the signature of this report by its thread.") from None
    return value


def read_reply(data: bytes) -> Reply:
    """Read reply.json. Raises ReportError."""
    return canonical.loads(data, Reply, "reply.json", ReportError)


def write_reply(reply: Reply) -> bytes:
    """The bytes of reply.json. Raises ReportError if its text is too long."""
    if len(reply.text.encode()) > limits.REPLY_TEXT_BYTES:
        raise ReportError(f"The answer is too long: shorten it to {limits.REPLY_TEXT_BYTES:,} bytes.")
    return canonical.dumps(reply)


def clean_text(typed: str) -> str:
    """Typed text as it is counted and stored: LF line ends, no other control characters, no blanks at its ends."""
    lines = re.sub(r"\r\n?", "\n", typed)
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def as_text(title: str, lines: Iterable[tuple[str, str]], attachments: Sequence[Attachment] = ()) -> str:
    """report.txt: a title, then label and value of each answer, then the attachments."""
    parts = [title, *(f"{label}\n    {value.replace(chr(10), chr(10) + '    ')}" for label, value in lines)]
    parts += [f"attachments/{n:02}  {a.size} bytes  SHA-256 {a.sha256}" for n, a in enumerate(attachments, 1)]
    return "\n\n".join(parts) + "\n"
