"""Add a report that came by phone, by letter, in a visit or from another hotline.

It becomes a sealed item like every other: `age -d` and `tar x` open it, its signature and hashes hold. The keys of its
thread are thrown away, so nobody can write in it again or be answered; packs never acknowledge it.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from portal import limits, parcel, report
from portal.age import encrypt
from portal.channels import LANGUAGES, Channel, check_answers, describe
from portal.desk import arriving, origins, triage
from portal.desk.cases import Case
from portal.desk.checking import check
from portal.desk.folder import Part, pieces
from portal.desk.origins import TOLD
from portal.desk.session import Desk
from portal.desk.storing import storing
from portal.errors import DeskError, FormatError, ReportError
from portal.parcel import Content
from portal.receipt import ThreadKeys
from portal.report import Attachment, Draft

_SEED_BYTES = 32
_NONCE_BYTES = 16
_EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True)
class Told:
    """A report as somebody told it: `source` is one of `origins.TOLD`, `answers` are those of the channel's form."""

    channel: str
    source: str
    text: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"
    received: date | None = None
    """Today, if it is not given."""
    files: Sequence[Path] = ()


def add(desk: Desk, told: Told, channels: Mapping[str, Channel]) -> Case:
    """Seal a report to this desk and store it as a new case. Raises DeskError, which says what to change."""
    channel = channels.get(told.channel)
    if channel is None:
        raise DeskError(f"There is no channel {told.channel}: choose one of {', '.join(channels)}.")
    if told.source not in TOLD:
        raise DeskError(f"A report comes by one of {', '.join(TOLD)}: choose one of these.")
    rules = triage.load_rules(desk.folder)
    received = _day(told.received or desk.today, desk.today)
    draft = _draft(told, channel)
    keys = ThreadKeys(os.urandom(_SEED_BYTES), os.urandom(_SEED_BYTES), os.urandom(_SEED_BYTES))
    with Part(desk.folder.sealed_items) as part:
        identifier = report.item_id(draft, keys, os.urandom(_NONCE_BYTES))
        digest = hashlib.sha256()
        try:
            body = report.complete(draft, keys, identifier, received)
            contents = [Content(a.size, pieces(path)) for a, path in zip(draft.attachments, told.files, strict=True)]
            archive = parcel.pack(body, report.sign(body, keys), _as_text(told, channel, draft), contents)
            for piece in encrypt([desk.keyring.recipient], archive):
                part.write(piece)
                digest.update(piece)
            part.close()
            checked = check(pieces(part.path), desk.keyring.opening(), identifier.hex(), channels)
        except FormatError as error:
            raise DeskError(str(error)) from None
        part.become(desk.folder.sealed(digest.digest()))
    with storing(desk, digest.digest()):
        portal = origins.no_portal(desk.casebook)
        case, _ = arriving.store(desk.casebook, portal, digest.digest(), checked.raw, rules)
        origins.note_source(desk.casebook, case, told.source)
        desk.record("added", case, item=identifier.hex(), sha256=digest.hexdigest(), source=told.source)
    return case


def _day(received: date, today: date) -> str:
    if not _EARLIEST <= received <= today:
        raise DeskError("The day on which the report was received is not one up to today: write it as YYYY-MM-DD.")
    return received.isoformat()


def _draft(told: Told, channel: Channel) -> Draft:
    text = report.clean_text(told.text)
    if not text and not told.answers:
        raise DeskError("There is nothing in this report: write down what was said.")
    size = len(text.encode())
    if size > limits.TYPED_BYTES:
        raise DeskError(
            f"The text has {size:,} bytes, and one report at most {limits.TYPED_BYTES:,}: "
            "shorten it, and write down the rest as a note."
        )
    try:
        check_answers(channel, told.answers)
    except ReportError as error:
        raise DeskError(f"The answers do not fit the form. {error}") from None
    files = [_attachment(path) for path in _allowed(told.files, channel)]
    return Draft("report", channel.key, channel.version, told.language, dict(told.answers), text, [], files)


def _allowed(files: Sequence[Path], channel: Channel) -> Sequence[Path]:
    if files and not channel.attachments:
        raise DeskError(
            f"The channel {channel.key} takes no files, because they may show abuse: leave them out, "
            "and hand over what you were given in the way that your procedure says."
        )
    if len(files) > limits.ATTACHMENT_COUNT:
        raise DeskError(f"One report has at most {limits.ATTACHMENT_COUNT} files: leave some out.")
    total = 0
    for path in files:
        size = path.stat().st_size
        total += size
        if size > limits.ATTACHMENT_BYTES or total > limits.SUBMISSION_BYTES:
            raise DeskError(
                f"{path} is too large: one file may have {limits.ATTACHMENT_BYTES // limits.MIB} MiB, "
                f"all of one report {limits.SUBMISSION_BYTES // limits.MIB} MiB."
            )
    return files


def _attachment(path: Path) -> Attachment:
    digest, size = hashlib.sha256(), 0
    for piece in pieces(path):
        digest.update(piece)
        size += len(piece)
    return Attachment(_name(path.name), "application/octet-stream", size, digest.hexdigest())


def _name(name: str) -> str:
    """A file name that fits, cut between characters."""
    return name.encode("utf-8", "replace")[: limits.FILE_NAME_BYTES].decode("utf-8", "ignore")


def _as_text(told: Told, channel: Channel, draft: Draft) -> str:
    language = told.language if told.language in LANGUAGES else "en"
    return report.as_text(
        f"{channel.title.text(language)} ({told.source})", _lines(channel, draft, language), draft.attachments
    )


def _lines(channel: Channel, draft: Draft, language: str) -> Iterator[tuple[str, str]]:
    yield from describe(channel, draft.answers, language)
    if draft.narrative:
        question = channel.question("narrative")
        yield question.label.text(language) if question else "Narrative", draft.narrative
