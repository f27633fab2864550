"""Read answers whose shape nobody may have checked: a channel that this desk does not know can hold anything. Pure."""

from collections.abc import Mapping
from typing import Any

Answers = Mapping[str, Any]


def text(answers: Answers, *keys: str) -> str:
    """The first of these answers that is a text; ""."""
    return next((answer for key in keys if isinstance(answer := answers.get(key), str) and answer), "")


def texts(answers: Answers, key: str) -> list[str]:
    """An answer of several texts."""
    answer = answers.get(key)
    return [one for one in answer if isinstance(one, str)] if isinstance(answer, list) else []


def blocks(answers: Answers, key: str) -> list[dict[str, Any]]:
    """An answer of several blocks."""
    answer = answers.get(key)
    return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []


def day(answer: object) -> str:
    """A date with its precision: 2026-03-07, 2026-03, 2026; "" if it is none, or not known."""
    if not isinstance(answer, dict):
        return ""
    parts: list[str] = []
    for key, width in (("year", 4), ("month", 2), ("day", 2)):
        if type(part := answer.get(key)) is not int:
            break
        parts.append(f"{part:0{width}}")
    return "-".join(parts)


def country(answers: Answers, *keys: str) -> str:
    """The first of these answers that is a code of a country; ""."""
    known = (text(answers, key) for key in keys)
    return next((code for code in known if len(code) == 2 and code.isascii() and code.isupper()), "")
