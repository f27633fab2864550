"""What is inside a sealed item or reply: the archive and its padding (docs/format.md sections 2 and 8).

Pure: the sealing itself is `portal.age`'s, the meaning of `report.json` is `portal.report`'s.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from portal import archive, limits
from portal.errors import ParcelError, told_as

SIGNATURE_BYTES = 64
PADDING = "padding"
"""The member that fills the front."""
FRONT_BYTES = 128 * limits.KIB
"""What stands before the attachments where their place had to be known before the report was: whole chunks of age."""
TEXT_LEFT_OUT = "The text is in report.json.\n"
_FRONT_MEMBERS = 3


@dataclass(frozen=True)
class Content:
    """One attachment on its way into a parcel: its size in bytes, and its bytes in pieces."""

    size: int
    pieces: Iterable[bytes]


@dataclass(frozen=True)
class Opened:
    """The front of a parcel, as it was read, in bytes; nothing in it is checked yet beyond the archive."""

    report: bytes
    signature: bytes
    text: bytes


def padme(size: int) -> int:
    """`size` rounded up so that it tells little: at most 12 % more (Nikitin et al., PURBs, PETS 2019, section 4)."""
    exponent = size.bit_length() - 1
    mantissa = exponent.bit_length()
    step = 1 << max(exponent - mantissa, 0)
    return -(-size // step) * step


def padded_size(sizes: Sequence[int], *, attachments: bool) -> int:
    """The size of a report's archive whose members have these sizes, bytes. Raises ParcelError if it cannot fit."""
    needed = sum(map(archive.member_size, sizes)) + archive.END_BYTES
    if attachments:
        return padded_with_attachments(needed)
    if needed > limits.ITEM_BYTES:
        raise ParcelError("The report is longer than an item without attachments may be: shorten the text.")
    return limits.ITEM_BYTES


def padded_with_attachments(needed: int) -> int:
    """The size of an archive with attachments that needs so many bytes, its end included."""
    return padme(max(needed, limits.ITEM_BYTES))


def pack(report: bytes, signature: bytes, text: str, attachments: Sequence[Content] = ()) -> Iterator[bytes]:
    """The padded archive of a report, in pieces.

    `text` is left out of a report without attachments that would not fit with it. Raises ParcelError if the
    report is too long all the same, FormatError if an attachment is not as long as it said.
    """
    texts = [text.encode(), TEXT_LEFT_OUT.encode()]
    if (
        not attachments
        and sum(map(archive.member_size, (len(report), len(signature), len(texts[0])))) + (archive.END_BYTES)
        > limits.ITEM_BYTES
    ):
        del texts[0]
    front = [("report.json", report), ("report.sig", signature), ("report.txt", texts[0])]
    sizes = [len(content) for _, content in front] + [content.size for content in attachments]
    total = padded_size(sizes, attachments=bool(attachments))
    return _pieces(front, attachments, total - sum(map(archive.member_size, sizes)))


def front(report: bytes, signature: bytes, text: str) -> bytes:
    """Everything before the attachments."""
    members = [("report.json", report), ("report.sig", signature), ("report.txt", text.encode())]
    return b"".join(piece for name, content in members for piece in archive.member(name, len(content), [content]))


def filled_front(report: bytes, signature: bytes, text: str) -> bytes:
    """The same, filled to FRONT_BYTES.

    `text` is left out if it does not fit. Raises ParcelError if the report is too long all the same.
    """
    for chosen in (text, TEXT_LEFT_OUT):
        start = front(report, signature, chosen)
        room = FRONT_BYTES - len(start) - archive.BLOCK
        if room >= 0:
            return start + archive.header(PADDING, room) + bytes(room)
    raise ParcelError("The report is longer than an item with attachments may be: shorten the text.")


def _pieces(front: Sequence[tuple[str, bytes]], attachments: Sequence[Content], end: int) -> Iterator[bytes]:
    for name, content in front:
        yield from archive.member(name, len(content), [content])
    for number, attachment in enumerate(attachments, 1):
        yield from archive.member(attachment_name(number), attachment.size, attachment.pieces)
    yield from zeros(end)


def zeros(count: int) -> Iterator[bytes]:
    """`count` NUL, in pieces of at most 64 KiB."""
    piece = bytes(min(count, 64 * limits.KIB))
    while count:
        yield piece[:count]
        count -= min(count, len(piece))


def attachment_name(number: int) -> str:
    """The member name of attachment `number`, from 1 to 99."""
    return f"attachments/{number:02}"


class Parcel:
    """Reads a report's archive, in constant memory, refusing everything that `pack` does not write.

    `front` is read at once; then `attachments()` gives each attachment as `(number, size, pieces)` in order, and
    checks the padding when it is through. Raises ParcelError.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._archive = archive.Reader(pieces)
        self._members = iter(self._archive)
        self._sizes: list[int] = []
        with told_as(ParcelError):
            self.front = Opened(
                self._expect("report.json", limits.REPORT_WITH_ATTACHMENTS_BYTES),
                self._expect("report.sig", SIGNATURE_BYTES),
                self._expect("report.txt", limits.REPORT_TEXT_BYTES),
            )

    def _expect(self, expected: str, limit: int) -> bytes:
        name, size = next(self._members, ("", 0))
        if name != expected:
            raise ParcelError(f"The sealed item has no {expected} where it must be: it is not one of ours.")
        self._sizes.append(size)
        return self._archive.read(limit)

    def attachments(self) -> Iterator[tuple[int, int, Iterator[bytes]]]:
        """Each attachment as (number from 1, size in bytes, pieces of at most 64 KiB)."""
        number = 0
        with told_as(ParcelError):
            for name, size in self._members:
                if name == PADDING and len(self._sizes) == _FRONT_MEMBERS:
                    self._skip_padding(size)
                    continue
                number += 1
                if number > limits.ATTACHMENT_COUNT or name != attachment_name(number):
                    raise ParcelError("The sealed item has a member that does not belong there.")
                self._sizes.append(size)
                yield number, size, self._archive.content()
            if not number and len(self._sizes) > _FRONT_MEMBERS:
                raise ParcelError("The sealed item has padding without attachments: it is not one of ours.")
            if self._archive.end() != padded_size(self._sizes, attachments=number > 0):
                raise ParcelError("The sealed item is not padded as it must be: it is not one of ours.")

    def _skip_padding(self, size: int) -> None:
        if size > FRONT_BYTES or any(map(any, self._archive.content())):
            raise ParcelError("The sealed item has something in its padding: it is not one of ours.")
        self._sizes.append(size)


def pack_reply(reply: bytes, text: str) -> bytes:
    """The padded archive of a reply, 16,384 bytes. Raises ParcelError if it does not fit."""
    encoded = text.encode()
    packed = b"".join(
        [*archive.member("reply.json", len(reply), [reply]), *archive.member("reply.txt", len(encoded), [encoded])]
    )
    if len(packed) + archive.END_BYTES > limits.REPLY_BYTES:
        raise ParcelError(f"The answer is too long: shorten it to {limits.REPLY_TEXT_BYTES} bytes.")
    return packed.ljust(limits.REPLY_BYTES, b"\0")


def unpack_reply(pieces: Iterable[bytes]) -> bytes:
    """The bytes of `reply.json` of a reply's archive. Raises ParcelError."""
    reader = archive.Reader(pieces)
    with told_as(ParcelError):
        members = [(name, reader.read(limits.REPLY_BYTES)) for name, _ in reader]
        if [name for name, _ in members] != ["reply.json", "reply.txt"] or reader.end() != limits.REPLY_BYTES:
            raise ParcelError("The reply is not one of ours.")
    return members[0][1]
