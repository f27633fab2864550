"""The `answers` of report.json: their shape, and what follows from them (annex A of docs/format.md).

Rules kept here: what a desk reads is hostile until `check_answers` has passed it; the other functions
take checked answers only. An error never repeats what was found, only which question it was found at.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date

from portal import countries, limits
from portal.channels.model import NARRATIVE, PRECISIONS, UNKNOWN, Channel, Question, Text
from portal.errors import ReportError

Answers = Mapping[str, object]
"""By question key. text, long, choice, yesno, country: str. choices: list of str in the order of the options. urls:
list of str. number: int. date: `{"precision": "month", "year": 2026, "month": 3}`, with the parts that the precision
has. group: list of such objects, empty blocks left out. A question without an answer is left out."""

YEARS = range(1900, 2200)
"""Years that a date may have: wide, since neither what happened long ago nor what is planned is refused."""


def check_answers(channel: Channel, answers: object) -> None:
    """Raise ReportError unless `answers` (decoded JSON) are answers to this channel's questions.

    Refuses unknown questions and options, wrong types and forms, and more than `limits.TYPED_BYTES` of text. What is
    required is not asked for again: an older version of the channel may not have asked it.
    """
    questions = {question.key: question for question in channel.questions() if question.key != NARRATIVE}
    if _check_block(questions, answers, channel.key) > limits.TYPED_BYTES:
        raise ReportError(f"The answers to {channel.key} are longer than a portal would take.")


def is_urgent(channel: Channel, answers: Answers) -> bool:
    """Whether an answer is one that the channel marks as urgent."""
    return any(value in question.urgent for question, value in _chosen(channel.questions(), answers))


def advice(channel: Channel, answers: Answers) -> list[Text]:
    """The prompts of what was chosen, each once, in the order of the form."""
    chosen = _chosen(channel.questions(), answers)
    texts = [question.prompts[value] for question, value in chosen if value in question.prompts]
    return [text for number, text in enumerate(texts) if text not in texts[:number]]


def _chosen(questions: Iterator[Question], answers: Answers) -> Iterator[tuple[Question, str]]:
    """Every option that was chosen, with its question, those inside of groups included."""
    for question in questions:
        answer = answers.get(question.key)
        if question.kind == "group" and isinstance(answer, list):
            for block in answer:
                yield from _chosen(iter(question.questions), block)
        else:
            values = answer if isinstance(answer, list) else [answer]
            known = {option.value for option in question.options}
            yield from ((question, value) for value in values if isinstance(value, str) and value in known)


def _check_block(questions: Mapping[str, Question], block: object, where: str) -> int:
    """Check one object of answers; the bytes of UTF-8 of the text in it."""
    if not isinstance(block, dict):
        raise _wrong(where, "they are not an object")
    if not questions.keys() >= block.keys():
        raise _wrong(where, "they answer a question that is not asked")
    return sum(_check_one(questions[key], answer, f"{where}, {key}") for key, answer in block.items())


def _check_one(question: Question, answer: object, where: str) -> int:
    match question.kind:
        case "text" | "long":
            return _check_text(answer, where, lines=question.kind == "long")
        case "choice" | "yesno":
            _check_options(question, [answer], where)
        case "choices":
            _check_options(question, _list(answer, len(question.options), where), where)
        case "country":
            if not isinstance(answer, str) or not (answer == UNKNOWN or countries.is_country(answer)):
                raise _wrong(where, "this is no country")
        case "date":
            _check_date(answer, where)
        case "urls":
            return sum(_check_text(line, where, lines=False) for line in _list(answer, question.lines, where))
        case "number":
            if type(answer) is not int or not question.minimum <= answer <= question.maximum:
                raise _wrong(where, "this is no whole number within its limits")
        case "group":
            inner = {part.key: part for part in question.questions}
            blocks = _list(answer, question.count, where)
            if not all(blocks):
                raise _wrong(where, "a block is empty")
            return sum(_check_block(inner, block, where) for block in blocks)
    return 0


def _list(answer: object, most: int, where: str) -> list[object]:
    if not isinstance(answer, list) or not 1 <= len(answer) <= most:
        raise _wrong(where, f"this is no list of 1 to {most}")
    return answer


def _check_text(answer: object, where: str, *, lines: bool) -> int:
    """Check a text: not empty, and as `portal.report.clean_text` leaves it; the bytes of UTF-8 in it."""
    if not isinstance(answer, str) or not answer or len(answer) > limits.TYPED_BYTES or answer != answer.strip():
        raise _wrong(where, "this is no text, or is empty, too long or not trimmed")
    allowed = "\n\t" if lines else ""
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in allowed for character in answer):
        raise _wrong(where, "there are control characters in it")
    return len(answer.encode())


def _check_options(question: Question, answer: list[object], where: str) -> None:
    values = [option.value for option in question.options]
    if answer != [value for value in values if value in answer]:
        raise _wrong(where, "an option is unknown, there twice, or out of order")


def _check_date(answer: object, where: str) -> None:
    if not isinstance(answer, dict) or not isinstance(precision := answer.get("precision"), str):
        raise _wrong(where, "this is no date with a precision")
    parts = PRECISIONS.get(precision)
    if parts is None or answer.keys() != {"precision", *parts}:
        raise _wrong(where, "the parts of the date are not those of its precision")
    if not all(type(answer[part]) is int for part in parts):
        raise _wrong(where, "a part of the date is no whole number")
    if parts and not is_day(answer["year"], answer.get("month", 1), answer.get("day", 1)):
        raise _wrong(where, "there is no such day")


def is_day(year: int, month: int, day: int) -> bool:
    """Whether the day exists, within `YEARS`."""
    try:
        return date(year, month, day).year in YEARS
    except (ValueError, OverflowError):
        return False


def _wrong(where: str, reason: str) -> ReportError:
    return ReportError(f"The answers do not fit the channel, at {where}: {reason}.")
