"""The roster: which keys the desks have, and when, signed by the coordination (docs/format.md section 11).

Whoever can write into the keys folder could put a recipient of their own there, and read every report from then on.
So the key of the coordination is pinned elsewhere, in the settings, and only what a roster under its signature lists
is used. Pure but for `Trust`, which reads the two files and remembers the highest number.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Literal

import minisign
import msgspec

from portal import files, limits
from portal.age import HybridRecipient
from portal.bundle import Unread
from portal.errors import BundleError, KeyFailure, SettingsError
from portal.report import Name

FILE = "roster.toml"
SIGNATURE = "roster.toml.minisig"
NEWEST = "roster.number"
"""In the state folder: the number of the newest roster that was used. An older one is refused."""


class Standing(IntEnum):
    """How a key stands on a day; of a desk's keys those with the lowest number are sealed to."""

    VALID = 0
    LATE = 1
    """Past its date, and still sealed to as before: somebody has to act."""
    EARLY = 2
    """Its time has not come, or the clock is wrong."""
    EXPIRED = 3
    """Past its date for so long that no files are sealed to it any more, only text."""


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A recipient, `age1pq1…`, and the first and the last day on which it is to be sealed to."""

    recipient: str
    since: date
    until: date

    def standing(self, day: date) -> Standing:
        """How it stands on a day."""
        if day < self.since:
            return Standing.EARLY
        if day <= self.until:
            return Standing.VALID
        grace = self.until + timedelta(days=limits.KEY_GRACE_DAYS)
        return Standing.LATE if day <= grace else Standing.EXPIRED


class DeskEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A desk: the minisign keys under which its packs are taken, and its recipients."""

    signing: Annotated[list[str], msgspec.Meta(min_length=1, max_length=8)]
    recipients: Annotated[list[Term], msgspec.Meta(min_length=1, max_length=16)]


class Roster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A roster; `number` grows with each that the coordination signs."""

    format: Literal["portevoix/roster/1"]
    number: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    day: date
    desks: dict[Name, DeskEntry]

    def terms(self, desk: str) -> dict[HybridRecipient, Term]:
        """What is listed for a desk. Raises SettingsError if it is not listed."""
        if desk not in self.desks:
            raise SettingsError(
                f"Roster {self.number} does not list the desk {desk}: let the coordination sign one that does, or take "
                "the desk out of the channels."
            )
        return {HybridRecipient.parse(term.recipient): term for term in self.desks[desk].recipients}

    def signs(self, desk: str, key: minisign.PublicKey) -> bool:
        """Whether packs of this desk may be signed with this key."""
        return desk in self.desks and key.to_base64().decode() in self.desks[desk].signing


def parse(data: bytes) -> Roster:
    """The roster that these bytes of TOML say. Raises SettingsError."""
    try:
        roster = msgspec.toml.decode(data, type=Roster)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{FILE} is not as docs/format.md says: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise SettingsError(f"{FILE} is not TOML: take the file as the coordination signed it.") from None
    for desk, entry in roster.desks.items():
        _check(desk, entry)
    return roster


def _check(desk: str, entry: DeskEntry) -> None:
    for number, term in enumerate(entry.recipients, 1):
        if term.until < term.since:
            raise SettingsError(f"{FILE}: recipient {number} of {desk} ends before it begins.")
        try:
            HybridRecipient.parse(term.recipient)
        except KeyFailure:
            raise SettingsError(
                f"{FILE}: recipient {number} of {desk} is none that begins with age1pq1, whole and unchanged."
            ) from None
    if len({term.recipient for term in entry.recipients}) < len(entry.recipients):
        raise SettingsError(f"{FILE}: a recipient of {desk} is listed twice.")


def verified(data: bytes, signature: bytes, key: minisign.PublicKey) -> Roster:
    """The roster, whose signature is checked before anything else of it is looked at. Raises SettingsError."""
    try:
        Unread(data, signature).verified([key])
    except BundleError:
        raise SettingsError(
            f"{FILE} is not signed by the key that `coordination_key` in the settings names: take both files, {FILE} "
            f"and {SIGNATURE}, from the coordination once more, and ask by telephone before you change the setting."
        ) from None
    return parse(data)


@dataclass(frozen=True)
class Trust:
    """The coordination's key, and the file that remembers the number of the newest roster."""

    key: minisign.PublicKey
    newest: Path

    def read(self, folder: Path) -> Roster:
        """The roster in the keys folder. Raises SettingsError if it is missing, not signed, or older than the last."""
        roster = verified(_read(folder / FILE), _read(folder / SIGNATURE), self.key)
        known = self._known()
        if roster.number < known:
            raise SettingsError(
                f"{folder / FILE} is number {roster.number}, and number {known} was used here before: an older one "
                "may list a key that was withdrawn. Take the newest from the coordination."
            )
        return roster

    def remember(self, roster: Roster) -> None:
        """From now on no older roster is read. Raises SettingsError."""
        if roster.number == self._known():
            return
        try:
            files.write(self.newest, [f"{roster.number}\n".encode()])
        except OSError as error:
            raise SettingsError(f"{self.newest} cannot be written ({error.strerror}): mend that first.") from None

    def _known(self) -> int:
        try:
            return int(self.newest.read_text("ascii"))
        except FileNotFoundError:
            return 0
        except (OSError, ValueError):
            raise SettingsError(
                f"{self.newest} cannot be read: remove it if the roster in the keys folder is the newest."
            ) from None


def trust(key: str | None, state: Path) -> Trust | None:
    """What the setting `coordination_key` says, None if it is not set. Raises SettingsError."""
    if key is None:
        return None
    try:
        return Trust(minisign.PublicKey.from_base64(key), state / NEWEST)
    except (minisign.Error, ValueError):
        raise SettingsError(
            "The setting `coordination_key` is not a minisign public key: take the second line of the coordination's "
            "file, which begins with RW."
        ) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limits.ROSTER_BYTES)
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is missing, and the settings name a `coordination_key`: take {FILE} and {SIGNATURE} from the "
            "coordination. Until then it is not known whose keys these are."
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): check its owner.") from None
