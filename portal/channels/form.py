"""From the fields of a posted form to `answers` and `narrative`.

Pure: what is posted comes in as text that `portal.report.clean_text` has cleaned; what is wrong goes out by field,
as a reason that the page puts into the reader's language. Nothing that was typed is thrown away without a problem
being reported, but for a day that its writer called unsure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from portal import countries
from portal.channels.answers import is_day
from portal.channels.model import DATE_PARTS, NARRATIVE, PRECISIONS, UNKNOWN, Channel, Question, wire_names

Fields = Mapping[str, Sequence[str]]
"""The values of each form field by its name, cleaned."""
Reason = Literal["required", "option", "country", "date", "year", "lines", "number"]
"""required: no answer. option, country: not one of those offered. date: no such day. year: a day or month without
its year. lines: more lines than `limit`. number: not a whole number of the question's range."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one form field; `field` is its name, `question` what it asks."""

    field: str
    reason: Reason
    question: Question


@dataclass(frozen=True)
class Form:
    """A form as it was read: `answers` and `narrative` as report.json has them, and what is wrong."""

    answers: dict[str, object]
    narrative: str
    problems: tuple[Problem, ...]


class _Wrong(Exception):
    def __init__(self, reason: Reason, part: str = "") -> None:
        self.reason = reason
        self.part = part


def read_form(channel: Channel, fields: Fields) -> Form:
    """Read the fields of a channel's form; fields with other names are not looked at.

    With no problems, `answers` pass `check_answers`, but for the length of all text together, which is the caller's to
    check. With problems, the answers that have one are left out.
    """
    problems: list[Problem] = []
    answers = dict(_block(channel.questions(), fields, "", problems))
    narrative = answers.pop(NARRATIVE, "")
    return Form(answers, str(narrative), tuple(problems))


def _block(
    questions: Iterator[Question], fields: Fields, block: str, problems: list[Problem]
) -> Iterator[tuple[str, object]]:
    for question in questions:
        name = block + question.key
        if question.kind == "group":
            prefixes = [f"{name}-{number}-" for number in range(1, question.count + 1)]
            blocks = [dict(_block(iter(question.questions), fields, prefix, problems)) for prefix in prefixes]
            answer: object = [content for content in blocks if content]
        else:
            try:
                answer = _answer(question, fields, name)
            except _Wrong as wrong:
                problems.append(Problem(name + wrong.part, wrong.reason, question))
                continue
        if answer in ("", [], None):
            if question.required:
                problems.append(Problem(wire_names(question, block)[0], "required", question))
        else:
            yield question.key, answer


def _answer(question: Question, fields: Fields, name: str) -> object:
    """The answer in one field (four for a date); empty or None where there is none."""
    value = _first(fields, name)
    match question.kind:
        case "text":
            return " ".join(value.split())
        case "choice" | "yesno":
            if value and value not in [option.value for option in question.options]:
                raise _Wrong("option")
        case "choices":
            values = [value for value in fields.get(name, ()) if value]
            chosen = [option.value for option in question.options if option.value in values]
            if set(chosen) != set(values):
                raise _Wrong("option")
            return chosen
        case "country":
            if value and value != UNKNOWN and not countries.is_country(value):
                raise _Wrong("country")
        case "date":
            return _date(fields, name)
        case "urls":
            lines = [" ".join(line.split()) for line in value.splitlines()]
            if len(lines := [line for line in lines if line]) > question.lines:
                raise _Wrong("lines")
            return lines
        case "number":
            number = _number(value)
            if number is None or question.minimum <= number <= question.maximum:
                return number
            raise _Wrong("number")
    return value


def _date(fields: Fields, name: str) -> dict[str, object] | None:
    """As precise as the parts that were typed, or coarser if a coarser precision was chosen.

    "Unknown" beside typed parts keeps the parts: somebody who types a year knows something.
    """
    typed = {part: _first(fields, f"{name}-{part}") for part in DATE_PARTS}
    chosen = _first(fields, f"{name}-precision")
    if chosen and chosen not in PRECISIONS:
        raise _Wrong("option", "-precision")
    if not any(typed.values()):
        return {"precision": UNKNOWN} if chosen == UNKNOWN else None
    if not typed["year"]:
        raise _Wrong("year", "-year")
    if typed["day"] and not typed["month"]:
        raise _Wrong("date", "-month")
    precisions = list(PRECISIONS)
    known = next(precision for precision in precisions if all(typed[part] for part in PRECISIONS[precision]))
    if chosen and chosen != UNKNOWN and precisions.index(chosen) > precisions.index(known):
        known = chosen
    parts = {part: _number(typed[part], f"-{part}", "date") or 0 for part in PRECISIONS[known]}
    if not is_day(parts["year"], parts.get("month", 1), parts.get("day", 1)):
        raise _Wrong("date", f"-{PRECISIONS[known][-1]}")
    return {"precision": known, **parts}


def _number(value: str, part: str = "", reason: Reason = "number") -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 4):
        raise _Wrong(reason, part)
    return int(value)


def _first(fields: Fields, name: str) -> str:
    values = fields.get(name, ())
    return values[0].strip() if values else ""
