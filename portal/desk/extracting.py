"""Take an attachment out of its sealed item. It is never opened here, nor named as its sender named it."""

import hashlib
from pathlib import Path

from portal.age import decrypt
from portal.desk import content
from portal.desk.cases import Case
from portal.desk.folder import check_free, new_file, pieces
from portal.desk.session import Desk
from portal.errors import AgeError, DeskError, FormatError
from portal.parcel import Parcel
from portal.report import Attachment


def extract(desk: Desk, case: Case, number: int, out: Path) -> Attachment:
    """Write attachment `number` of a case, from 1, to the new file `out`; what its report says of it.

    Attachments are counted through all messages of the case, as `desk show` does. Raises DeskError if there is none
    of that number, if it was sealed away, if `out` exists, or if the sealed item is missing or damaged; then there is
    no new file.
    """
    check_free(out)
    message, place, attachment = content.find(desk, case, number)
    try:
        _write(desk, message.sha256, place, attachment, out)
    except (AgeError, FormatError):
        raise DeskError("The sealed item of this case is damaged: put back the folder sealed from a backup.") from None
    with desk.casebook.transaction():
        desk.record("extracted", case, number=number, sha256=attachment.sha256)
    return attachment


def _write(desk: Desk, sealed: bytes, place: int, attachment: Attachment, out: Path) -> None:
    path = desk.folder.sealed(sealed)
    if not path.is_file():
        raise DeskError(f"{path} is missing: put back the folder sealed from a backup.")
    digest = hashlib.sha256()
    parcel = Parcel(decrypt(desk.keyring.opening(), pieces(path)))
    with new_file(out) as file:
        # All of the item is read, the rest too: only its end shows that it is whole.
        for number, _, inside in parcel.attachments():
            if number == place:
                for piece in inside:
                    digest.update(piece)
                    file.write(piece)
        if digest.hexdigest() != attachment.sha256:
            raise FormatError("The attachment is not that of its report.")
