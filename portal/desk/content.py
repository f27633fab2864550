"""What an attachment is by its first bytes, and its bytes out of the sealed item. Nothing is rendered or unpacked."""

import hashlib
from collections.abc import Iterator

import puremagic

from portal.age import decrypt
from portal.desk import cases
from portal.desk.cases import Case, Message
from portal.desk.folder import pieces
from portal.desk.session import Desk
from portal.errors import AgeError, DeskError, FormatError
from portal.parcel import Parcel
from portal.report import Attachment

FIRST_BYTES = 4096
"""So much of a file tells its type, bytes."""
UNKNOWN = "unknown"
_TEXT = "text/plain"
_BYTES = "application/octet-stream"
# Documents of many programs are zip archives; which one it is, only unpacking would tell.
_ZIP = b"PK\x03\x04"


def content_type(first: bytes) -> str:
    """The media type that the first bytes of a file (4 KiB are enough) look like; "unknown" for nothing known.

    A sender can make a file look like several types at once: this is a hint for a person, never a reason to open it.
    """
    if not first:
        return UNKNOWN
    try:
        found = puremagic.magic_string(first[:FIRST_BYTES])
    # The library raises what its many readers raise; whatever it was, the type is not known.
    except Exception:  # noqa: BLE001
        found = []
    if first.startswith(_ZIP):
        return "application/zip"
    for match in found:
        if match.mime_type == _BYTES:
            return f"{_BYTES} ({match.extension.lstrip('.')})"
        if match.mime_type:
            return str(match.mime_type)
    return _TEXT if _is_text(first[:FIRST_BYTES]) else UNKNOWN


def find(desk: Desk, case: Case, number: int) -> tuple[Message, int, Attachment]:
    """Attachment `number` of a case, counted from 1 through its messages: the message, its place therein, what it is.

    Raises DeskError if there is none, or if it was sealed to an authority.
    """
    found = list(cases.attachments(desk.casebook, case))
    if not 1 <= number <= len(found):
        count = {0: "no attachments", 1: "one attachment"}.get(len(found), f"{len(found)} attachments")
        raise DeskError(f"There is no attachment {number}: this case has {count}, numbered as `desk show` says.")
    message, place, attachment = found[number - 1]
    gone = desk.casebook.one(
        "SELECT authority, day FROM sealed_away WHERE message_id = ? AND number = ?", message.id, place
    )
    if gone:
        raise DeskError(f"Attachment {number} was sealed to {gone[0]} on {gone[1]}, and is not at this desk any more.")
    return message, place, attachment


def attachments_of(desk: Desk, message: Message) -> Iterator[tuple[int, int, Iterator[bytes]]]:
    """Each attachment in the sealed item of a message: number from 1, size in bytes, pieces of at most 64 KiB.

    Constant memory. Only when the iterator has come to its end is the item known to be whole. Raises DeskError if the
    item is missing or damaged.
    """
    path = desk.folder.sealed(message.sha256)
    if not path.is_file():
        raise DeskError(f"{path} is missing: put back the folder sealed from a backup.")
    try:
        yield from Parcel(decrypt(desk.keyring.opening(), pieces(path))).attachments()
    except (AgeError, FormatError):
        raise DeskError("The sealed item of this case is damaged: put back the folder sealed from a backup.") from None


def types(desk: Desk, message: Message) -> list[str]:
    """The type by content of each attachment of a message, in their order."""
    return [content_type(_first(content)) for _, _, content in attachments_of(desk, message)]


def read(desk: Desk, message: Message, number: int, limit: int) -> bytes:
    """The bytes of attachment `number`, checked against its report. Raises DeskError, also if it exceeds `limit`."""
    attachment = message.report.attachments[number - 1]
    if attachment.size > limit:
        raise DeskError(
            f"Attachment {number} has {attachment.size:,} bytes, and this takes at most {limit:,}: leave it as it is."
        )
    found = b""
    for place, _, content in attachments_of(desk, message):
        if place == number:
            found = b"".join(content)
    if hashlib.sha256(found).hexdigest() != attachment.sha256:
        raise DeskError("The attachment is not the one of its report: put back the folder sealed from a backup.")
    return found


def _first(content: Iterator[bytes]) -> bytes:
    first = b""
    for piece in content:
        first += piece
        if len(first) >= FIRST_BYTES:
            break
    return first[:FIRST_BYTES]


def _is_text(first: bytes) -> bool:
    try:
        # A letter that was cut at the end is no reason to call it something else.
        text = first.decode("utf-8") if len(first) < FIRST_BYTES else first[:-4].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\n\r\t" for character in text)
