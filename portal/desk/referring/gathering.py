"""Fill a referral from a case: what is known of it, less what stays here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from portal.channels import Channel, check_answers, describe
from portal.desk import cases, flagged, portals
from portal.desk.authorities import Authority
from portal.desk.cases import Case
from portal.desk.checking import known_channel
from portal.desk.referring import redaction
from portal.desk.referring.files import Going
from portal.desk.referring.model import Answer, Contact, Flag, Labelled, Message, Referral, To
from portal.desk.referring.wording import words
from portal.desk.session import Desk
from portal.errors import ReportError
from portal.report import Report


@dataclass(frozen=True)
class Terms:
    """To whom, in which language, and what stays here beside what must."""

    to: Authority | None = None
    language: str = "en"
    without_contact: bool = False
    masked: bool = False


@dataclass(frozen=True)
class Gathered:
    """`mentioned`: questions about the reporter's contact data whose answers stand in a text that goes out, though they
    are withheld."""

    referral: Referral
    mentioned: tuple[str, ...]


def gather(
    desk: Desk, case: Case, number: int, terms: Terms, attachments: Sequence[Going], channels: Mapping[str, Channel]
) -> Gathered:
    """The referral `number` of a case."""
    messages = cases.messages(desk.casebook, case)
    data = {key: value for message in messages for key, value in redaction.contact_data(message.report).items()}
    contact = _contact(data, terms, [message.report for message in messages])
    withheld = sorted(data) if contact == "withheld" else []
    said = [
        _message(place, message, attachments, contact, channels, terms.language)
        for place, message in enumerate(messages, 1)
    ]
    say = words(terms.language)
    answers = [
        Answer(reply.number, reply.day, reply.status, say.status(reply.status), reply.text)
        for reply in (answer.reply for answer in cases.answers(desk.casebook, case))
    ]
    hidden = {key: data[key] for key in withheld}
    mentioned = redaction.mentions(msgspec.to_builtins([said, answers]), hidden)
    if terms.masked and mentioned:
        said = msgspec.convert(redaction.mask(msgspec.to_builtins(said), hidden), list[Message])
        answers = msgspec.convert(redaction.mask(msgspec.to_builtins(answers), hidden), list[Answer])
    key = desk.keyring.verify_key
    channel = channels.get(case.channel)
    referral = Referral(
        format="portevoix/referral/1",
        desk=desk.name,
        case=case.name,
        number=number,
        day=desk.today.isoformat(),
        person=desk.person,
        to=To(terms.to.name, terms.to.title) if terms.to else None,
        language=terms.language,
        channel=case.channel,
        channel_title=channel.title.text(terms.language) if channel else case.channel,
        status=case.status,
        status_label=say.status(case.status),
        received=case.received,
        urgent=case.urgent,
        source=_source(desk, case),
        flags=[Flag(**asdict(flag)) for flag in flagged.of_case(desk, case, channels, terms.language)],
        merged=[name for (name,) in desk.casebook.all(_MERGED, case.id)],
        keep_from=sorted({name for message in said for name in message.keep_from}),
        contact=contact,
        withheld=withheld,
        masked=terms.masked and bool(mentioned),
        signing_key=key.to_base64().decode(),
        fingerprint=portals.words(key),
        messages=said,
        answers=answers,
    )
    return Gathered(referral, () if terms.masked else tuple(sorted(mentioned)))


_MERGED = "SELECT name FROM cases WHERE merged_into = ? ORDER BY year, number"


def _contact(data: Mapping[str, str], terms: Terms, reports: Sequence[Report]) -> Contact:
    if not data:
        return "none"
    consented = all(redaction.has_consent(report) for report in reports if redaction.contact_data(report))
    goes = consented and terms.to is not None and terms.to.police and not terms.without_contact
    return "included" if goes else "withheld"


def _message(
    place: int,
    message: cases.Message,
    attachments: Sequence[Going],
    contact: Contact,
    channels: Mapping[str, Channel],
    language: str,
) -> Message:
    report = message.report
    answers = report.answers if contact == "included" else redaction.without_contact(report.answers)
    return Message(
        number=place,
        kind=report.kind,
        received=report.received,
        language=report.language,
        channel=report.channel,
        version=report.version,
        sealed_sha256=message.sha256.hex(),
        answers=dict(answers),
        labelled=[Labelled(*pair) for pair in _labelled(report, answers, channels, language)],
        narrative=report.narrative,
        keep_from=report.keep_from,
        attachments=[going.said for going in attachments if going.message.id == message.id],
    )


def _labelled(
    report: Report, answers: Mapping[str, Any], channels: Mapping[str, Channel], language: str
) -> list[tuple[str, str]]:
    """Labels and values; the raw keys where this desk cannot read the answers."""
    channel = known_channel(report, channels)
    if channel is not None:
        try:
            check_answers(channel, report.answers)
            return describe(channel, answers, language)
        except ReportError:
            pass
    return [
        (key, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        for key, value in answers.items()
    ]


def _source(desk: Desk, case: Case) -> str:
    row = desk.casebook.one("SELECT source FROM sources WHERE case_id = ?", case.id)
    return str(row[0]) if row else "portal"
