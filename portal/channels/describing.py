"""Answers for a person to read: labels and values in one language."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from babel import Locale
from babel.dates import format_date, format_skeleton

from portal import countries
from portal.channels.answers import Answers
from portal.channels.model import NARRATIVE, UNKNOWN, Channel, Question

_DATES = {"en": "en_GB"}
"""Days are written as in Europe."""


def describe(channel: Channel, answers: Answers, language: str) -> list[tuple[str, str]]:
    """Label and value of each answer, in the order of the form; `answers` must have passed `check_answers`.

    The value of urls and of a long text may have several lines. The narrative is not among them.
    """
    return list(_describe(channel.questions(), answers, language))


def _describe(questions: Iterable[Question], answers: Answers, language: str) -> Iterator[tuple[str, str]]:
    for question in questions:
        answer = answers.get(question.key)
        if answer is None or question.key == NARRATIVE:
            continue
        label = question.label.text(language)
        if question.kind == "group" and isinstance(answer, list):
            for number, block in enumerate(answer, 1):
                for inner, value in _describe(question.questions, block, language):
                    yield f"{label} {number}: {inner}", value
        else:
            yield label, _value(question, answer, language)


def _value(question: Question, answer: object, language: str) -> str:
    labels = {option.value: option.label.text(language) for option in question.options}
    match answer:
        case dict():
            return labels[UNKNOWN] if answer["precision"] == UNKNOWN else _date(answer, language)
        case list() if question.kind == "urls":
            return "\n".join(answer)
        case list():
            return "; ".join(labels[value] for value in answer)
        case str() if answer in labels:
            return labels[answer]
        case str() if question.kind == "country":
            return countries.name(answer, language)
    return str(answer)


def _date(answer: Mapping[str, int], language: str) -> str:
    day = date(answer["year"], answer.get("month", 1), answer.get("day", 1))
    locale = Locale.parse(_DATES.get(language, language))
    if "day" in answer:
        return format_date(day, "long", locale)
    if "month" in answer:
        return format_skeleton("yMMMM", day, locale=locale)
    return str(day.year)
