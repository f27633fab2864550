"""What referral.json says (docs/referrals.md and referral.schema.json): the structures.

Everything that the other formats show is taken from here, so that no format knows more of a case than another.
"""

from typing import Any, Literal

import msgspec

from portal.report import Day, Hex32, Name

Contact = Literal["none", "included", "withheld"]
"""none: the reporter gave no contact data. included: it goes along, with the reporter's consent. withheld: it does
not."""
Copy = Literal["none", "original", "cleaned", "sealed-away"]
"""What goes of an attachment: nothing, the file as it was sent, a copy without metadata; or nothing, because it was
handed to an authority unopened and is not at the desk any more."""


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer for a person to read, in the language of the referral."""

    label: str
    value: str


class Flag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule of triage says, and the answer that raised it."""

    rule: str
    label: str
    field: str
    question: str
    urgent: bool


class Attached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attachment. `name` and `declared` are the reporter's, untrusted; `content` is what its first bytes show."""

    number: int
    name: str
    declared: str
    content: str
    size: int
    sha256: Hex32
    copy: Copy
    file: str
    """attachments/01 …, or "" where it does not go along."""
    copy_size: int
    copy_sha256: str
    """Of the file that goes along; 0 and "" where none does."""
    note: str
    """Why it does not go along, in English; or ""."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The report, or what its reporter added later."""

    number: int
    kind: Literal["report", "message"]
    received: Day
    language: str
    channel: Name
    version: int
    sealed_sha256: Hex32
    """Of the age file that the desk keeps."""
    answers: dict[str, Any]
    labelled: list[Labelled]
    narrative: str
    keep_from: list[str]
    attachments: list[Attached]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the desk told the reporter."""

    number: int
    day: Day
    status: str
    label: str
    text: str


class To(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The receiving authority."""

    name: Name
    title: str


class Referral(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """referral.json."""

    format: Literal["portevoix/referral/1"]
    desk: Name
    case: str
    number: int
    day: Day
    person: Name
    to: To | None
    language: str
    channel: Name
    channel_title: str
    status: str
    status_label: str
    received: Day
    urgent: bool
    source: str
    """portal, or how a report came that no portal brought: phone, letter, hotline …"""
    flags: list[Flag]
    merged: list[str]
    """Other cases of the desk that were joined to this one."""
    keep_from: list[str]
    """Desks that the reporter asked to keep this from, because a person there is involved."""
    contact: Contact
    withheld: list[str]
    """The questions whose answers stay at the desk."""
    masked: bool
    """Whether contact data was taken out of the texts as well."""
    signing_key: str
    """The desk's minisign public key, base64."""
    fingerprint: str
    messages: list[Message]
    answers: list[Answer]
