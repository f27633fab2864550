"""Hypothesis strategies that follow a channel: answers that fit, form fields that somebody may post, any JSON."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from portal import countries
from portal.channels import NARRATIVE, UNKNOWN, Channel, Question, wire_names
from portal.report import clean_text

steady = settings(deadline=None, max_examples=60)
"""For every property test here: a busy machine is no failure."""

CODES = [code for code, _ in countries.choices("en")]
LINE = st.text(min_size=1, max_size=40).map(lambda text: " ".join(clean_text(text).split())).filter(bool)
LINES = st.text(min_size=1, max_size=80).map(clean_text).filter(bool)
DATE = st.one_of(
    st.just({"precision": UNKNOWN}),
    st.builds(lambda year: {"precision": "year", "year": year}, st.integers(1900, 2199)),
    st.dates()
    .filter(lambda day: 1900 <= day.year < 2200)
    .map(lambda day: {"precision": "month", "year": day.year, "month": day.month}),
    st.dates()
    .filter(lambda day: 1900 <= day.year < 2200)
    .map(lambda day: {"precision": "day", "year": day.year, "month": day.month, "day": day.day}),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def answers(channel: Channel) -> st.SearchStrategy[dict[str, Any]]:
    """Answers that `check_answers` accepts."""
    questions = {question.key: question for question in channel.questions() if question.key != NARRATIVE}
    return st.fixed_dictionaries({}, optional={key: _answer(question) for key, question in questions.items()})


def _answer(question: Question) -> st.SearchStrategy[Any]:
    values = [option.value for option in question.options]
    match question.kind:
        case "text":
            return LINE
        case "long":
            return LINES
        case "choice" | "yesno":
            return st.sampled_from(values)
        case "choices":
            chosen = st.sets(st.sampled_from(values), min_size=1)
            return chosen.map(lambda some: [value for value in values if value in some])
        case "country":
            return st.sampled_from([*CODES, UNKNOWN])
        case "date":
            return DATE
        case "urls":
            return st.lists(LINE, min_size=1, max_size=5)
        case "number":
            return st.integers(question.minimum, question.maximum)
        case "group":
            inner = {part.key: _answer(part) for part in question.questions}
            block = st.fixed_dictionaries({}, optional=inner).filter(bool)
            return st.lists(block, min_size=1, max_size=question.count)
    raise AssertionError(question.kind)


def fields(channel: Channel) -> st.SearchStrategy[dict[str, list[str]]]:
    """Form fields as they may be posted, cleaned: often values that fit, often anything."""
    words = {name for question in channel.questions() for name in wire_names(question)}
    values = {option.value for question in channel.questions() for option in _options(question)}
    value = st.one_of(
        st.sampled_from(sorted(values)),
        st.sampled_from(CODES),
        st.integers(0, 3000).map(str),
        st.text(max_size=60).map(clean_text),
    )
    return st.dictionaries(st.sampled_from(sorted(words)), st.lists(value, max_size=3))


def _options(question: Question) -> list[Any]:
    return [*question.options, *(option for inner in question.questions for option in _options(inner))]
