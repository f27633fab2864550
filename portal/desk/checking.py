"""What a sealed item must be before it becomes part of a case (docs/format.md sections 1 to 4).

Pure: bytes in, a checked report out. Everything read here is hostile until the last check has passed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal import report
from portal.age import HybridIdentity, decrypt
from portal.channels import Channel, check_answers
from portal.errors import AgeError, NoMatch, ParcelError, ReportError
from portal.parcel import Parcel
from portal.report import Report

_DEPTH = 8
"""Objects and lists within each other in `answers`; a block with a choice in it takes four."""


class Unopened(ParcelError):
    """It did not open here. Another desk, or another key, may open it, so the portal must keep it."""


@dataclass(frozen=True)
class Checked:
    """A report that passed; `raw` is its report.json as signed."""

    report: Report
    raw: bytes


def check(
    sealed: Iterable[bytes], identities: Sequence[HybridIdentity], item: str, channels: Mapping[str, Channel]
) -> Checked:
    """Open an age file in pieces, and check all that is in it; `item` is the id under which it travelled, hex.

    Raises ParcelError or ReportError, whose message is the reason for a quarantine. Constant memory.
    """
    try:
        parcel = Parcel(decrypt(identities, sealed))
        found = _attachments(parcel)
    except NoMatch:
        raise Unopened("It is not sealed to a key of this desk, so the portal keeps it as well.") from None
    except AgeError as error:
        raise Unopened(f"It is not a whole age file ({error.category}), so the portal keeps it as well.") from None
    value = report.read(parcel.front.report, parcel.front.signature)
    if value.id != item:
        raise ReportError("It was moved: its report was signed for another id.")
    if [(attachment.size, attachment.sha256) for attachment in value.attachments] != found:
        raise ReportError("Its attachments are not those of its report.")
    _check_day(value.received)
    _check_depth(value.answers)
    value.locator  # noqa: B018 - raises ReportError if the reporter's recipient is not one
    channel = known_channel(value, channels)
    if channel is not None:
        check_answers(channel, value.answers)
    return Checked(value, parcel.front.report)


def known_channel(value: Report, channels: Mapping[str, Channel]) -> Channel | None:
    """The channel whose questions a report answers; None for another version, or one that this desk does not have."""
    channel = channels.get(value.channel)
    return channel if channel and channel.version == value.version and value.kind == "report" else None


def _attachments(parcel: Parcel) -> list[tuple[int, str]]:
    found = []
    for _, size, pieces in parcel.attachments():
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        found.append((size, digest.hexdigest()))
    return found


def _check_day(day: str) -> None:
    try:
        date.fromisoformat(day)
    except ValueError:
        raise ReportError("The day on which it was received is no day.") from None


def _check_depth(answers: object) -> None:
    """Nothing that shows a report later may run out of stack, whatever the channel."""
    level = [answers]
    for _ in range(_DEPTH):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    if level:
        raise ReportError("Its answers are nested deeper than a form can make them.")
