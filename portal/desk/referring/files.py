"""The attachments that go along with a referral, under generated names, and their index."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from portal import parcel
from portal.desk import cases, cleaning, content
from portal.desk.cases import Case
from portal.desk.cleaning import Cleaned
from portal.desk.referring import inert
from portal.desk.referring.model import Attached, Copy
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.report import Attachment

Choice = Literal["none", "original", "cleaned"]
"""Whether attachments go along, and how."""
INDEX = "attachments/index.csv"
CLEANED_BYTES = 256 * 1024 * 1024
"""All cleaned copies of one referral together, bytes: they lie in memory until they are written."""


@dataclass(frozen=True)
class File:
    """One file of a referral: its name therein, what the manifest says of it, and its bytes, read when written."""

    name: str
    size: int
    sha256: str
    pieces: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, name: str, data: bytes) -> "File":
        """A file that is in memory."""
        return cls(name, len(data), hashlib.sha256(data).hexdigest(), lambda: iter([data]))


@dataclass(frozen=True)
class Going:
    """An attachment: the message it is of, its place therein, what the referral says of it, and the file, if any."""

    message: cases.Message
    place: int
    said: Attached
    file: File | None
    cleaned: Cleaned | None


def going(desk: Desk, case: Case, choice: Choice) -> list[Going]:
    """Every attachment of a case, in the order of its messages. Raises DeskError if one cannot be cleaned."""
    types = {message.id: content.types(desk, message) for message in _with_attachments(desk, case)}
    made: list[Going] = []
    for number, (message, place, attachment) in enumerate(cases.attachments(desk.casebook, case), 1):
        gone = desk.casebook.one(
            "SELECT authority, day FROM sealed_away WHERE message_id = ? AND number = ?", message.id, place
        )
        kind = content.UNKNOWN if gone else types[message.id][place - 1]
        copied: Copy = "sealed-away" if gone else choice
        note = f"It was sealed to {gone[0]} on {gone[1]}, unopened, and is not at the desk any more." if gone else ""
        file, cleaned = None, None
        if copied == "original":
            file = _original(desk, message, place, number, attachment)
        elif copied == "cleaned":
            cleaned = cleaning.copy(desk, message, place, number)
            file = File.of(parcel.attachment_name(number), cleaned.data)
            if sum(len(other.cleaned.data) for other in made if other.cleaned) + len(cleaned.data) > CLEANED_BYTES:
                raise DeskError("The cleaned copies are too large together: refer the attachments as they were sent.")
        made.append(Going(message, place, _said(number, attachment, kind, copied, file, note), file, cleaned))
    return made


def index(attachments: Sequence[Attached]) -> File:
    """attachments/index.csv: which file is which attachment."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(["file", "size", "sha256", "copy", "original_size", "original_sha256", "content", "declared", "name"])
    for said in attachments:
        texts = (inert.cell(inert.line(text)) for text in (said.content, said.declared, said.name))
        file = said.file.removeprefix("attachments/")
        rows.writerow([file, said.copy_size, said.copy_sha256, said.copy, said.size, said.sha256, *texts])
    return File.of(INDEX, out.getvalue().encode())


def _with_attachments(desk: Desk, case: Case) -> list[cases.Message]:
    return [message for message in cases.messages(desk.casebook, case) if message.report.attachments]


def _original(desk: Desk, message: cases.Message, place: int, number: int, attachment: Attachment) -> File:
    def pieces() -> Iterator[bytes]:
        for found, _, inside in content.attachments_of(desk, message):
            if found == place:
                yield from inside

    return File(parcel.attachment_name(number), attachment.size, attachment.sha256, pieces)


def _said(number: int, attachment: Attachment, kind: str, copied: Copy, file: File | None, note: str) -> Attached:
    return Attached(
        number=number,
        name=attachment.name,
        declared=attachment.type,
        content=kind,
        size=attachment.size,
        sha256=attachment.sha256,
        copy=copied,
        file=file.name if file else "",
        copy_size=file.size if file else 0,
        copy_sha256=file.sha256 if file else "",
        note=note,
    )
