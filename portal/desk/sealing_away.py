"""Hand an attachment that may be abuse material to an authority, unopened, and erase it here.

The attachment lies in the sealed item of its message, together with the report. So the item is sealed anew to this
desk without it (the attachment is there with 0 bytes, the report as it was signed), and the item as it came is
erased. The age file for the authority is a tar of

    about.json           canonical JSON: `About` below
    about.json.minisig   signed by the desk's key
    attachment           the bytes as they were sent

Rules kept here: the bytes go from one age file into the other in pieces of 64 KiB, in memory alone; nothing of them
is shown, decoded or written in clear. Nothing is erased before the file for the authority is whole on the disk and the
casebook knows of it. After a crash the same command goes on, with another name for its file if that one is there
already; `finish` erases what was to be erased.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from portal import archive, canonical, parcel
from portal.age import decrypt, encrypt
from portal.desk import cases, content
from portal.desk.authorities import Authority
from portal.desk.casebook import Casebook
from portal.desk.cases import Case, Message
from portal.desk.folder import Part, check_free, pieces
from portal.desk.session import Desk
from portal.desk.storing import storing
from portal.errors import AgeError, DeskError, FormatError
from portal.files import sync_folder
from portal.parcel import Content, Parcel
from portal.report import Attachment, Day, Hex32, Name

_ABUSE_IMAGE = "abuse_image"
"""The answer to `evidence_held` by which a reporter says that such a picture may be among what they were sent."""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """about.json: what was handed over."""

    format: Literal["portevoix/handed-over/1"]
    desk: Name
    case: str
    attachment: int
    day: Day
    person: Name
    authority: Name
    size: int
    sha256: Hex32
    declared: str
    """The type that the reporter's browser gave; untrusted. What it is, nobody has looked at."""


@dataclass(frozen=True)
class SealedAway:
    """An attachment that is not here any more; the hashes are those of schema/05_referring.sql (32 bytes each)."""

    message: int
    number: int
    sha256: bytes
    size: int
    authority: str
    day: str
    person: str
    original: bytes
    remainder: bytes
    handed: bytes


def seal_away(desk: Desk, case: Case, number: int, to: Authority, out: Path) -> SealedAway:
    """Seal attachment `number` of a case (counted as `desk show` does) to `to` in the new file `out`; erase it here.

    Raises DeskError if there is no such attachment, if it is gone already, if the authority has no recipient, or if the
    sealed item is missing or damaged; then nothing was changed.
    """
    finish(desk)
    check_free(out)
    recipient = to.key
    message, place, attachment = content.find(desk, case, number)
    about = About(
        format="portevoix/handed-over/1",
        desk=desk.name,
        case=case.name,
        attachment=number,
        day=desk.today.isoformat(),
        person=desk.person,
        authority=to.name,
        size=attachment.size,
        sha256=attachment.sha256,
        declared=attachment.type,
    )
    with Part(out.parent) as handed, Part(desk.folder.sealed_items) as remainder:
        handed_hash = _write(handed, encrypt([recipient], _handed_over(desk, message, place, attachment, about)))
        remainder_hash = _write(remainder, encrypt([desk.keyring.recipient], _remainder(desk, message, place)))
        handed.become_new(out)
        remainder.become(desk.folder.sealed(remainder_hash))
        gone = SealedAway(
            *(message.id, place, bytes.fromhex(attachment.sha256), attachment.size, to.name, about.day, desk.person),
            *(message.sha256, remainder_hash, handed_hash),
        )
        _record(desk, case, gone)
    finish(desk)
    return gone


def listed(casebook: Casebook, case: Case | None = None) -> list[SealedAway]:
    """What was handed over unopened, of one case or of all, in the order of its messages."""
    where, values = (" WHERE case_id = ?", [case.id]) if case else ("", [])
    sql = (
        "SELECT message_id, number, sha256, size, authority, day, person, original, remainder, handed FROM sealed_away"
    )
    return [SealedAway(*row) for row in casebook.all(f"{sql}{where} ORDER BY message_id, number", *values)]


def by_number(desk: Desk, case: Case) -> dict[int, SealedAway]:
    """What was handed over unopened, by its number in the case as `desk show` counts."""
    gone = {(one.message, one.number): one for one in listed(desk.casebook, case)}
    return {
        number: gone[message.id, place]
        for number, (message, place, _) in enumerate(cases.attachments(desk.casebook, case), 1)
        if (message.id, place) in gone
    }


def is_advised(messages: Sequence[Message]) -> bool:
    """Whether a reporter says that they may have been sent an abuse image, and files came along."""
    return any(message.report.attachments for message in messages) and any(
        _ABUSE_IMAGE in texts
        for message in messages
        if isinstance(texts := message.report.answers.get("evidence_held"), list)
    )


def finish(desk: Desk) -> None:
    """Erase sealed items that were replaced, should a crash have left one; for a command that holds the lock.

    They are in the table `erasing` until they are gone, so that a purge erases them as well.
    """
    replaced = "SELECT sha256 FROM erasing WHERE sha256 IN (SELECT original FROM sealed_away)"
    left = [sha256 for (sha256,) in desk.casebook.all(replaced)]
    if not left:
        return
    for sha256 in left:
        desk.folder.sealed(sha256).unlink(missing_ok=True)
    sync_folder(desk.folder.sealed_items)
    with desk.casebook.transaction():
        for sha256 in left:
            desk.casebook.run("DELETE FROM erasing WHERE sha256 = ?", sha256)


def _record(desk: Desk, case: Case, gone: SealedAway) -> None:
    with storing(desk, gone.remainder):
        desk.casebook.run(
            "INSERT INTO sealed_away (message_id, number, case_id, sha256, size, authority, day, person, original,"
            " remainder, handed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(gone.message, gone.number, case.id, gone.sha256, gone.size, gone.authority, gone.day, gone.person),
            *(gone.original, gone.remainder, gone.handed),
        )
        desk.casebook.run("INSERT OR IGNORE INTO erasing (sha256) VALUES (?)", gone.original)
        desk.casebook.run("UPDATE messages SET sha256 = ? WHERE id = ?", gone.remainder, gone.message)
        desk.record(
            "attachment-sealed",
            case,
            sha256=gone.sha256.hex(),
            size=gone.size,
            authority=gone.authority,
            original=gone.original.hex(),
            remainder=gone.remainder.hex(),
            handed=gone.handed.hex(),
        )


def _write(part: Part, sealed: Iterator[bytes]) -> bytes:
    """Write an age file into a part; its SHA-256."""
    digest = hashlib.sha256()
    try:
        for piece in sealed:
            digest.update(piece)
            part.write(piece)
    except (AgeError, FormatError):
        raise DeskError("The sealed item of this case is damaged: put back the folder sealed from a backup.") from None
    part.close()
    return digest.digest()


def _opened(desk: Desk, message: Message) -> Parcel:
    path = desk.folder.sealed(message.sha256)
    if not path.is_file():
        raise DeskError(f"{path} is missing: put back the folder sealed from a backup.")
    return Parcel(decrypt(desk.keyring.opening(), pieces(path)))


def _handed_over(desk: Desk, message: Message, place: int, attachment: Attachment, about: About) -> Iterator[bytes]:
    """The tar for the authority."""
    data = canonical.dumps(about)
    comment = f"portevoix handed-over {about.case} {about.attachment} {about.desk}"
    signature = bytes(desk.keyring.signing_key.sign(data, untrusted_comment="portevoix", trusted_comment=comment))
    yield from archive.member("about.json", len(data), [data])
    yield from archive.member("about.json.minisig", len(signature) + 1, [signature, b"\n"])
    digest = hashlib.sha256()
    # All of the item is read, the rest too: only its end shows that it is whole.
    for number, _, inside in _opened(desk, message).attachments():
        if number == place:
            yield from archive.member("attachment", attachment.size, _counted(inside, digest))
    if digest.hexdigest() != attachment.sha256:
        raise FormatError("The attachment is not that of its report.")
    yield bytes(archive.END_BYTES)


def _counted(pieces_: Iterator[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces_:
        digest.update(piece)
        yield piece


def _remainder(desk: Desk, message: Message, place: int) -> Iterator[bytes]:
    """The parcel of a message, with 0 bytes in the place of one attachment."""
    whole = _opened(desk, message)
    front = whole.front
    sizes = [0 if number == place else size for number, size, _ in _opened(desk, message).attachments()]
    left = whole.attachments()
    # Each content is drawn when `pack` comes to it, which is in the order of the parcel.
    contents = [Content(size, _next(left, empty=number == place)) for number, size in enumerate(sizes, 1)]
    yield from parcel.pack(front.report, front.signature, front.text.decode(), contents)


def _next(left: Iterator[tuple[int, int, Iterator[bytes]]], *, empty: bool) -> Iterator[bytes]:
    _, _, inside = next(left)
    if not empty:
        yield from inside
