"""A copy of an attachment without its metadata: where and when a picture was taken, with what, by whom.

Rules kept here: the original stays as it came, and both hashes are kept; a file of a kind that is not known here is
refused, never passed on as if it were clean; the file is read by a process of its own, bounded in memory and time,
which gets no key and writes no file (`portal.desk.cleaner`). A cleaned copy shows the same picture, and may show a
person: what can be seen in it is not changed.
"""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from portal.desk import cleaner, content
from portal.desk.cases import Case, Message
from portal.desk.folder import check_free, new_file
from portal.desk.session import Desk
from portal.errors import DeskError

INPUT_BYTES = 100 * 1024 * 1024
"""The largest file that is cleaned, bytes."""
SECONDS = 60.0
"""The cleaning process may take so long, seconds."""
_INSTEAD = "let it go as it was sent, or leave it out."


@dataclass(frozen=True)
class Cleaned:
    """A cleaned copy, and the hash of what it was made of (hex)."""

    data: bytes
    original: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def clean(desk: Desk, case: Case, number: int, out: Path) -> Cleaned:
    """Write a cleaned copy of attachment `number` of a case (counted as `desk show` does) to the new file `out`.

    Raises DeskError if there is no such attachment, if it cannot be cleaned, or if `out` exists.
    """
    check_free(out)
    message, place, _ = content.find(desk, case, number)
    cleaned = copy(desk, message, place, number)
    with desk.casebook.transaction():
        remember(desk, case, message, place, cleaned)
    with new_file(out) as file:
        file.write(cleaned.data)
    return cleaned


def copy(desk: Desk, message: Message, place: int, number: int) -> Cleaned:
    """A cleaned copy of one attachment, which an error calls `number`. Raises DeskError if it cannot be cleaned."""
    original = content.read(desk, message, place, INPUT_BYTES)
    try:
        data = cleaned(original)
    except DeskError as error:
        raise DeskError(f"Attachment {number} cannot be cleaned: {error}") from None
    return Cleaned(data, hashlib.sha256(original).hexdigest())


def remember(desk: Desk, case: Case, message: Message, place: int, cleaned: Cleaned) -> None:
    """Keep both hashes of a cleaned copy, within the caller's transaction."""
    desk.casebook.run(
        "INSERT INTO cleaned (case_id, message_id, number, original, sha256, size, day, person)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(case.id, message.id, place, bytes.fromhex(cleaned.original), bytes.fromhex(cleaned.sha256)),
        *(len(cleaned.data), desk.today.isoformat(), desk.person),
    )
    desk.record("cleaned", case, original=cleaned.original, sha256=cleaned.sha256, size=len(cleaned.data))


def cleaned(original: bytes) -> bytes:
    """What the cleaning process makes of a file. Raises DeskError, whose message says why it is refused."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no word from outside
            # -I: nothing of the environment or of the working folder is imported.
            [sys.executable, "-I", "-m", cleaner.__name__],
            input=original,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeskError(
            f"it takes longer than {SECONDS:.0f} seconds; let it go as it was sent, or leave it out."
        ) from None
    if done.returncode == cleaner.CLEANED and done.stdout:
        return done.stdout
    reason = done.stderr.decode("ascii", "replace").strip() if done.returncode == cleaner.REFUSED else cleaner.DAMAGED
    raise DeskError(f"{reason}; {_INSTEAD}")
