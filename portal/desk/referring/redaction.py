"""What stays at the desk when a case is referred: the reporter's contact data without their consent.

Rules kept here: contact data are all answers whose key begins with `contact_`, but for the consent itself, so that a
question that a newer channel adds is kept back as well. They go out only to police and prosecutors, only where the
reporter ticked that they may, and only unless the caseworker says otherwise. What a reporter wrote into a text of
their own goes as it was written: `mentions` finds it, so that the caseworker is warned, and `mask` takes it out where
the caseworker wants that. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from portal.report import Report

CONSENT = "contact_consent"
MASKED = "[withheld by the desk]"
"""What stands where contact data was taken out of a text."""
_PREFIX = "contact_"
_FEWEST_CHARACTERS = 4
"""A shorter name is found in too many words to look for it."""
_FEWEST_DIGITS = 6
_NUMBER_DIGITS = 8
"""So many digits at its end are a telephone number, however its country is written before them."""
_BETWEEN_DIGITS = r"[\s()./-]{0,3}"

Said = TypeVar("Said")


def is_contact(key: str) -> bool:
    """Whether the question with this key asks for contact data."""
    return key.startswith(_PREFIX) and key != CONSENT


def has_consent(report: Report) -> bool:
    """Whether the reporter allows that their contact data is passed to the police."""
    consent = report.answers.get(CONSENT)
    return isinstance(consent, list) and "police" in consent


def contact_data(report: Report) -> dict[str, str]:
    """The contact data of a report by question."""
    return {key: str(value) for key, value in report.answers.items() if is_contact(key) and value}


def without_contact(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that are no contact data."""
    return {key: value for key, value in answers.items() if not is_contact(key)}


def mentions(said: Any, data: Mapping[str, str]) -> set[str]:
    """The questions of those `data` that stand in a text, or in any text within lists and objects."""
    return {key for key, value in data.items() if (found := _pattern(value)) and any(map(found.search, _texts(said)))}


def mask(said: Said, data: Mapping[str, str]) -> Said:
    """The same text, list or object, with `data` taken out of every text."""
    patterns = [found for value in data.values() if (found := _pattern(value))]
    return _mask(said, patterns) if patterns else said


def _mask(said: Any, patterns: list[re.Pattern[str]]) -> Any:
    match said:
        case str():
            for pattern in patterns:
                said = pattern.sub(MASKED, said)
        case dict():
            return {key: _mask(value, patterns) for key, value in said.items()}
        case list():
            return [_mask(value, patterns) for value in said]
    return said


def _texts(said: Any) -> Iterator[str]:
    match said:
        case str():
            yield said
        case dict():
            for value in said.values():
                yield from _texts(value)
        case list():
            for value in said:
                yield from _texts(value)


def _pattern(value: str) -> re.Pattern[str] | None:
    """Finds a piece of contact data however it is spaced or cut into groups; None if it is too short to look for."""
    digits = re.sub(r"\D", "", value)
    if len(digits) >= _FEWEST_DIGITS and len(digits) * 2 > len(value):
        country, number = digits[:-_NUMBER_DIGITS], digits[-_NUMBER_DIGITS:]
        dialled = _BETWEEN_DIGITS.join(["", *country, ""]) if country else ""
        return re.compile(rf"(?<!\d)(?:(?:\+|00)?{dialled}|0?)" + _BETWEEN_DIGITS.join(number) + r"(?!\d)")
    words = value.split()
    if len("".join(words)) < _FEWEST_CHARACTERS:
        return None
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE)
