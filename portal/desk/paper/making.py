"""Make a paper copy of a person's way in. That it was made, the log says; nothing else of it is kept here."""

import hashlib
from pathlib import Path

from portal.desk.folder import check_free, new_file
from portal.desk.keyring import Own
from portal.desk.paper import lines, sheet
from portal.desk.session import Desk
from portal.errors import DeskError


def print_copy(desk: Desk, out: Path) -> None:
    """Write the paper copy of the person who works here into the new file `out`, as PDF. Raises DeskError."""
    check_free(out)
    made = sheet.write(_own(desk), desk.today)
    with new_file(out) as file:
        _record(desk)
        file.write(made)


def dictate(desk: Desk) -> str:
    """The lines of the paper copy, for writing down by hand."""
    told = lines.as_text(_own(desk).opening())
    _record(desk)
    return told


def _own(desk: Desk) -> Own:
    if desk.keyring.own is None:
        raise DeskError("Your keyring is of an older version and could not be renewed just now: do this once more.")
    return desk.keyring.own


def _record(desk: Desk) -> None:
    with desk.casebook.transaction():
        recipient = str(_own(desk).recipient).encode()
        desk.record("paper-copied", recipient=hashlib.sha256(recipient).hexdigest())
