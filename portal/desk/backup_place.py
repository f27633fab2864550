"""The backup place: a folder on another medium, where backups go under names of their own, the newest ones kept.

Rules kept here: once a place is set, packs acknowledge only what a backup holds (portal.desk.packing); only files that
this casebook knows as its own backups are ever deleted, and never the newest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from portal import limits
from portal.age import Recipient, parse_recipient
from portal.desk import preferences
from portal.desk.backing_up import Made, Progress, back_up
from portal.desk.casebook import Casebook
from portal.desk.session import Desk
from portal.errors import DeskError, KeyFailure


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where backups go, to whom they are sealed, and how many are kept."""

    folder: str
    recipients: Annotated[list[str], msgspec.Meta(min_length=1, max_length=20)]
    keep: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = limits.BACKUPS_KEPT

    @property
    def path(self) -> Path:
        return Path(self.folder)

    def sealing(self) -> list[Recipient]:
        """Whom backups are sealed to. Raises DeskError."""
        try:
            return [parse_recipient(text) for text in self.recipients]
        except KeyFailure as error:
            raise DeskError(f"The backup place names a recipient that is none ({error}): set it again.") from None


PLACE = preferences.define(
    "backup-place",
    Place | None,
    None,
    "Where backups go, to whom they are sealed and how many are kept; `desk backup-place` sets it.",
    example='{"folder": "/media/stick", "recipients": ["age1pq1…"], "keep": 7}',
)


@dataclass(frozen=True)
class Kept:
    """A backup that was made, and the older ones that made room for it, by name."""

    made: Made
    removed: list[str]


def place(casebook: Casebook) -> Place | None:
    """The backup place, or None where none is set."""
    chosen: Place | None = preferences.value(casebook, PLACE)
    return chosen


def set_place(desk: Desk, folder: Path, recipients: Sequence[str], keep: int = limits.BACKUPS_KEPT) -> Place:
    """Set the backup place. Raises DeskError if there is no such folder, or if a recipient is none."""
    if not folder.is_dir():
        raise DeskError(f"There is no folder {folder}: plug in the medium, or make the folder.")
    if folder.resolve().is_relative_to(desk.folder.root.resolve()):
        raise DeskError(f"{folder} lies within the desk itself: choose a folder on another medium.")
    if not recipients:
        raise DeskError("Say to whom backups are sealed: --to RECIPIENT, or -R FILE.")
    chosen = Place(str(folder.resolve()), list(recipients), keep)
    chosen.sealing()
    preferences.put(desk, PLACE.key, chosen)
    return chosen


def unset_place(desk: Desk) -> None:
    """Have no backup place any more: packs acknowledge everything again, whether a backup holds it or not."""
    preferences.put(desk, PLACE.key, None)


def back_up_there(desk: Desk, progress: Progress = lambda done, total: None) -> Kept:
    """Make a backup at the place, and delete what is more than is kept there. Raises DeskError."""
    chosen = place(desk.casebook)
    if chosen is None:
        raise DeskError("No backup place is set: name a file for the backup, or set a place with `desk backup-place`.")
    if not chosen.path.is_dir():
        raise DeskError(f"The backup place {chosen.folder} is not there: plug in the medium, or set another place.")
    made = back_up(desk, _free(desk, chosen.path), chosen.sealing(), place=chosen.path, progress=progress)
    return Kept(made, _remove_old(desk.casebook, chosen))


def _free(desk: Desk, folder: Path) -> Path:
    """A name that no backup there has: police-2026-11-25-0007.age."""
    (number,) = desk.casebook.one("SELECT coalesce(max(id), 0) + 1 FROM backups")
    while (path := folder / f"{desk.name}-{desk.today.isoformat()}-{number:04}.age").exists():
        number += 1
    return path


def _remove_old(casebook: Casebook, chosen: Place) -> list[str]:
    rows = casebook.all(
        "SELECT id, name FROM backups WHERE place = ? ORDER BY id DESC LIMIT -1 OFFSET ?", chosen.folder, chosen.keep
    )
    for row, name in rows:
        (chosen.path / name).unlink(missing_ok=True)
        casebook.run("UPDATE backups SET place = NULL WHERE id = ?", row)
    return [name for _, name in rows]
