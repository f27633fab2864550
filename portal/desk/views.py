"""Cases as people and as programs read them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from portal.channels import Channel, describe
from portal.desk import console
from portal.desk.cases import Answer, Case, Message
from portal.desk.checking import known_channel
from portal.desk.flagged import Flagged
from portal.desk.linking import KINDS, LISTED, Link
from portal.desk.merging import Part
from portal.desk.referring.remembering import Referred
from portal.report import Attachment, Report

LINKS_SHOWN = 6
"""So many links are shown with a case; `desk links` has all."""
CASES_SHOWN = 3
"""A link that has more other cases is summed up there: how many have which status."""


def case_as_json(case: Case) -> dict[str, Any]:
    """What `desk list --json` says of a case; `merged_into` is the ID of its main case, or null.

    `held` and `restricted` say what may not be done with it; `said` of the `asks` questions of its form are answered.
    """
    return {
        "id": case.name,
        "channel": case.channel,
        "status": case.status,
        "received": case.received,
        "urgent": case.urgent,
        "merged_into": case.merged_into,
        "held": case.held,
        "restricted": case.restricted,
        "said": case.said,
        "asks": case.asks,
    }


def thread_as_json(
    case: Case, messages: Sequence[Message], merged: Sequence[Part] = (), links: Sequence[Link] = ()
) -> dict[str, Any]:
    """What `desk show --json` says: the case, IDs of those merged into it, links as `desk links`, each report.json."""
    return {
        **case_as_json(case),
        "merged": [part.case.name for part in merged],
        "links": links_as_json(links),
        "messages": [msgspec.json.decode(message.raw) for message in messages],
    }


def links_as_json(links: Sequence[Link]) -> list[dict[str, Any]]:
    """What `desk links --json` says, and `desk show --json` as `links`: what other cases have too.

    `kind` and `value` of the mark, `reports` that have it (this case's own counted), `others`: how many other cases
    have it, `more`: whether counting ended there, `statuses` and `referred`: how many of them have which status and
    were referred to whom, and `cases`: each of them, or none if there are too many to be listed.
    """
    return [
        {
            "kind": link.kind,
            "value": link.value,
            "reports": link.reports,
            "others": link.others,
            "more": link.is_more,
            "statuses": dict(link.statuses),
            "referred": dict(link.referred),
            "cases": [
                {
                    "id": other.name,
                    "channel": other.channel,
                    "status": other.status,
                    "received": other.received,
                    "referred": [{"authority": one.authority, "day": one.day} for one in other.referred],
                }
                for other in link.cases
            ],
        }
        for link in links
    ]


def links_as_text(links: Sequence[Link], most: int = LISTED) -> str:
    """What other cases have too, for reading on a terminal; more than `most` cases of a link are summed up."""
    return "\n".join(line for link in links for line in _link(link, most))


def _link(link: Link, most: int) -> Iterator[str]:
    often = f"{'more than ' if link.is_more else ''}{link.reports:,} reports"
    others = f"{link.others:,} other case{'' if link.others == 1 else 's'}"
    yield f"{KINDS[link.kind]} {console.reporters_line(link.said)}: {often}, {others}"
    if 0 < len(link.cases) <= most:
        for other in link.cases:
            referred = "".join(f", referred to {_whom(one.authority)} on {one.day}" for one in other.referred)
            yield f"    {other.name}  {other.received}  {other.status}{referred}"
    else:
        counts = [f"{number:,} {status}" for status, number in link.statuses.items()]
        counts += [f"{number:,} referred to {_whom(authority)}" for authority, number in link.referred.items()]
        yield f"    {', '.join(counts)}"


def _whom(authority: str) -> str:
    return authority or "nobody by name"


def answers_as_json(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """What `desk show --json --answers` adds as `replies`: each reply.json, and how far it has come."""
    return [{**msgspec.to_builtins(answer.reply), "pack": answer.pack, "taken": answer.taken} for answer in answers]


def flags_as_text(flags: Sequence[Flagged]) -> Iterator[str]:
    """What to look at in a case, and which answer says so; a line each."""
    for flag in flags:
        yield f'{"URGENT: " if flag.urgent else ""}{flag.label}, from the answer to "{console.line(flag.question)}"'


def referrals_as_json(referrals: Sequence[Referred]) -> list[dict[str, Any]]:
    """What `desk show --json` says as `referrals`; `sha256` is that of the manifest, `authority` may be null."""
    return [
        {
            "number": one.number,
            "day": one.day,
            "person": one.person,
            "authority": one.authority,
            "formats": list(one.formats),
            "attachments": one.attachments,
            "contact": one.contact,
            "sealed": one.sealed,
            "sha256": one.sha256.hex(),
        }
        for one in referrals
    ]


def ways_as_text(source: str | None, referrals: Sequence[Referred]) -> Iterator[str]:
    """How a case came, where no portal brought it, and where it was referred; a line each."""
    if source:
        yield f"It came by another way than the portal: {source}."
    for one in referrals:
        yield (
            f"Referral {one.number}: {one.day} to {_whom(one.authority or '')}, by {one.person};"
            f" SHA-256 of its manifest {one.sha256.hex()}"
        )


def limits(case: Case) -> Iterator[str]:
    """What keeps a case from being used or erased."""
    if case.restricted:
        yield "RESTRICTED"
    if case.held:
        yield "HELD"


def thread_as_text(
    case: Case,
    messages: Sequence[Message],
    answers: Sequence[Answer],
    channels: Mapping[str, Channel],
    language: str,
    merged: Sequence[Part] = (),
    links: Sequence[Link] = (),
    limits: Sequence[str] = (),
) -> str:
    """A case for reading on a terminal, the channel's labels in `language`.

    `merged` is what was merged into it; `limits` stand on top, one a line.
    """
    parts = [
        f"Case {case.name}{'  URGENT' if case.urgent else ''}\n"
        f"    Channel   {_title(case.channel, channels, language)}\n"
        f"    Status    {case.status}\n"
        f"    Received  {case.received}"
        + (
            f"\n    Form      {case.said} of {case.asks} questions answered, which says nothing of its truth"
            if case.asks
            else ""
        )
    ]
    parts += ["\n".join(limits)] if limits else []
    if case.merged_into is not None:
        parts.append(f"Merged into {case.merged_into}: below is the thread of this reporter, who is answered here.")
    if merged:
        parts.append("Merged into this case, each with a thread and a reporter of its own\n" + _parts(merged))
    if links:
        shown = links_as_text(links[:LINKS_SHOWN], CASES_SHOWN)
        more = f"\n… and {len(links) - LINKS_SHOWN} more" if len(links) > LINKS_SHOWN else ""
        parts.append(f"Also seen in (desk links has more of it)\n{console.indented(shown + more)}")
    first = 1
    for number, message in enumerate(messages, 1):
        parts.append(_heading(message, number, len(messages)))
        if message.report.channel != case.channel:
            parts.append(f"Sent as\n    {_title(message.report.channel, channels, language)}")
        parts += _message(message.report, first, channels, language)
        first += len(message.report.attachments)
    parts += [_answer(answer) for answer in answers]
    if not answers:
        parts.append("Not answered yet.")
    return "\n\n".join(parts) + "\n"


def _parts(parts: Sequence[Part]) -> str:
    return "\n".join(
        f"    {part.case.name}  {part.case.received}  {part.case.status}"
        + (f"  NEW: nobody has looked at what came on {part.unseen}" if part.unseen else "")
        for part in parts
    )


def _heading(message: Message, number: int, total: int) -> str:
    report = message.report
    kind = "report" if report.kind == "report" else "follow-up"
    language = console.line(report.language)
    return (
        f"-- Message {number} of {total}: {kind}, received {report.received}, language {language} --\n"
        f"    Sealed item: sealed/{message.sha256.hex()}.age"
    )


def _message(report: Report, first: int, channels: Mapping[str, Channel], language: str) -> Iterator[str]:
    for label, value in said(report, channels, language):
        yield f"{console.line(label)}\n{console.indented(console.reporters(value))}"
    if report.keep_from:
        yield f"To be kept from\n    {console.line(', '.join(report.keep_from))}"
    if report.narrative:
        yield f"In the reporter's words\n{console.indented(console.reporters(report.narrative))}"
    for place, attachment in enumerate(report.attachments, first):
        yield _attachment(place, attachment)


def said(report: Report, channels: Mapping[str, Channel], language: str) -> list[tuple[str, str]]:
    """Labels and values; the raw keys where this desk does not know the questions."""
    channel = known_channel(report, channels)
    if channel is not None:
        return describe(channel, report.answers, language)
    return [
        (key, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        for key, value in report.answers.items()
    ]


def _title(key: str, channels: Mapping[str, Channel], language: str) -> str:
    return channels[key].title.text(language) if key in channels else console.line(f"{key} (not known to this desk)")


def _attachment(number: int, attachment: Attachment) -> str:
    return (
        f"Attachment {number}\n"
        f"    Name given by the reporter: {console.reporters_line(attachment.name)}\n"
        f"    Type given by the browser: {console.reporters_line(attachment.type)}\n"
        f"    {attachment.size:,} bytes, SHA-256 {attachment.sha256}"
    )


def _answer(answer: Answer) -> str:
    reply = answer.reply
    if answer.taken:
        state = "the portal has it"
    elif answer.pack is not None:
        state = f"in pack {answer.pack}, not yet confirmed by the portal"
    else:
        state = "waits for the next pack"
    head = f"-- Answer {reply.number}, {reply.day}, {reply.status} ({state}) --"
    return "\n".join([head, *([console.indented(console.lines(reply.text))] if reply.text else [])])
