"""A case as a thread: what the reporter sent, what the desk answered, and what was noted, in the order of the days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.channels import Channel
from portal.desk import views
from portal.desk.cases import Answer, Message
from portal.desk.web import wording
from portal.report import Attachment

_SHORT_CHARACTERS = 90
"""An answer of a form up to here is shown at once; a longer one is folded, as narratives are."""


@dataclass(frozen=True)
class Said:
    """What came from the reporter."""

    message: Message
    number: int
    summary: str
    facts: Sequence[tuple[str, str]]
    texts: Sequence[tuple[str, str, str]]
    """Label, summary, and text of what is folded."""
    attachments: Sequence[tuple[int, Attachment]]
    """With their numbers, counted through the case."""


@dataclass(frozen=True)
class Answered:
    """What the desk answered."""

    answer: Answer
    state: str


@dataclass(frozen=True)
class Noted:
    """What a caseworker noted for colleagues."""

    person: str
    at: str
    text: str


Entry = Said | Answered | Noted


def thread(
    messages: Sequence[Message],
    answers: Sequence[Answer],
    notes: Sequence[Noted],
    channels: Mapping[str, Channel],
    language: str,
) -> list[Entry]:
    """All of a case, the oldest first; on one day what came before what was done about it."""
    entries: list[tuple[str, Entry]] = [(said.message.received, said) for said in _said(messages, channels, language)]
    entries += [(note.at[:10], note) for note in notes]
    entries += [(answer.reply.day, Answered(answer, _state(answer))) for answer in answers]
    return [entry for _, entry in sorted(entries, key=lambda pair: pair[0])]


def _said(messages: Sequence[Message], channels: Mapping[str, Channel], language: str) -> Iterator[Said]:
    counted = 0
    for number, message in enumerate(messages, 1):
        report = message.report
        answers = views.said(report, channels, language)
        yield Said(
            message,
            number,
            wording.summary(report),
            [(label, value) for label, value in answers if _is_short(value)],
            [(label, _summary(value), value) for label, value in answers if not _is_short(value)],
            list(enumerate(report.attachments, counted + 1)),
        )
        counted += len(report.attachments)


def _is_short(value: str) -> bool:
    return len(value) <= _SHORT_CHARACTERS and "\n" not in value


def _summary(value: str) -> str:
    lines = value.count("\n") + 1
    return wording.count(lines, "line") if lines > 1 else wording.length(value)


def _state(answer: Answer) -> str:
    if answer.taken:
        return "The portal has it"
    if answer.pack is not None:
        return f"In pack {answer.pack}; the portal has not confirmed it yet"
    return "Waits for the next pack"
