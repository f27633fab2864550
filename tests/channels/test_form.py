"""From form fields to answers: what is typed arrives, what is wrong is named by its field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import limits
from portal.channels import Channel, Question, check_answers, load, read_form, wire_names
from tests.channels.strategies import answers, fields, steady

CHANNELS = load()
REQUIRED = {
    "travel": {"immediate_danger": ["no"], "narrative": ["N"], "country": ["TH"]},
    "website": {"immediate_danger": ["no"], "urls": ["a.example"]},
}


def to_fields(questions: list[Question], content: dict[str, Any], block: str = "") -> dict[str, list[str]]:
    """The form fields that a browser would post for these answers."""
    posted: dict[str, list[str]] = {}
    for question in questions:
        if (answer := content.get(question.key)) is None:
            continue
        name = block + question.key
        match answer:
            case list() if question.kind == "group":
                for number, inner in enumerate(answer, 1):
                    posted |= to_fields(list(question.questions), inner, f"{name}-{number}-")
            case list() if question.kind == "urls":
                posted[name] = ["\n".join(answer)]
            case list():
                posted[name] = answer[::-1]
            case dict():
                posted |= {f"{name}-{part}": [str(value)] for part, value in answer.items()}
            case _:
                posted[name] = [str(answer)]
    return posted


@steady
@given(st.data())
def test_what_is_filled_in_comes_out(data: st.DataObject):
    channel = data.draw(st.sampled_from(list(CHANNELS.values())))
    content = data.draw(answers(channel))
    form = read_form(channel, to_fields(list(channel.questions()), content) | {"ticket": ["T"]})
    assert form.answers == content
    assert {problem.reason for problem in form.problems} <= {"required"}


@steady
@given(st.data())
def test_whatever_is_posted_gives_answers_that_a_desk_accepts(data: st.DataObject):
    channel: Channel = data.draw(st.sampled_from(list(CHANNELS.values())))
    form = read_form(channel, data.draw(fields(channel)))
    check_answers(channel, form.answers)
    names = {name for question in channel.questions() for name in wire_names(question)}
    assert {problem.field for problem in form.problems} <= names
    assert form.narrative == form.narrative.strip()


def test_the_narrative_stands_beside_the_answers():
    form = read_form(CHANNELS["self"], {"narrative": ["Two\nlines"], "safe_now": ["yes"]})
    assert (form.answers, form.narrative, form.problems) == ({"safe_now": "yes"}, "Two\nlines", ())


def test_an_empty_form_lacks_only_what_is_required():
    for channel in CHANNELS.values():
        form = read_form(channel, {})
        assert (form.answers, form.narrative) == ({}, "")
        required = [question.key for question in channel.questions() if question.required]
        assert [(problem.field, problem.reason) for problem in form.problems] == [(key, "required") for key in required]


@pytest.mark.parametrize(
    ("day", "month", "year", "precision", "answer"),
    [
        ("4", "3", "2026", "day", {"precision": "day", "year": 2026, "month": 3, "day": 4}),
        ("4", "3", "2026", "", {"precision": "day", "year": 2026, "month": 3, "day": 4}),
        ("04", "03", "2026", "month", {"precision": "month", "year": 2026, "month": 3}),
        ("4", "3", "2026", "unknown", {"precision": "day", "year": 2026, "month": 3, "day": 4}),
        ("", "3", "2026", "day", {"precision": "month", "year": 2026, "month": 3}),
        ("", "", "1974", "day", {"precision": "year", "year": 1974}),
        ("", "", "", "unknown", {"precision": "unknown"}),
        ("", "", "", "day", None),
        ("", "", "", "", None),
    ],
)
def test_a_date_is_as_precise_as_what_was_typed(day, month, year, precision, answer):
    form = read_form(CHANNELS["travel"], REQUIRED["travel"] | date(day, month, year, precision))
    assert form.problems == ()
    assert form.answers.get("date_from") == answer


def date(day: str, month: str, year: str, precision: str) -> dict[str, list[str]]:
    return {
        "date_from-day": [day],
        "date_from-month": [month],
        "date_from-year": [year],
        "date_from-precision": [precision],
    }


@pytest.mark.parametrize(
    ("channel", "posted", "field", "reason"),
    [
        ("travel", date("31", "2", "2026", ""), "date_from-day", "date"),
        ("travel", date("0", "2", "2026", ""), "date_from-day", "date"),
        ("travel", date("", "00", "2026", ""), "date_from-month", "date"),
        ("travel", date("", "13", "2026", ""), "date_from-month", "date"),
        ("travel", date("", "", "26", ""), "date_from-year", "date"),
        ("travel", date("", "", "0", ""), "date_from-year", "date"),
        ("travel", date("", "", "last", ""), "date_from-year", "date"),
        ("travel", date("", "", "٢٠٢٦", ""), "date_from-year", "date"),
        ("travel", date("4", "3", "", ""), "date_from-year", "year"),
        ("travel", date("4", "", "2026", ""), "date_from-month", "date"),
        ("travel", date("", "", "", "hour"), "date_from-precision", "option"),
        ("travel", {"country": ["LUX"]}, "country", "country"),
        ("travel", {"place_type": ["castle"]}, "place_type", "option"),
        ("travel", {"signs": ["touching", "magic"]}, "signs", "option"),
        ("travel", {"child-2-number": ["many"]}, "child-2-number", "number"),
        ("travel", {"child-2-number": ["0"]}, "child-2-number", "number"),
        ("travel", {"child-2-number": ["-1"]}, "child-2-number", "number"),
        ("travel", {"suspect-3-return_date-day": ["1"]}, "suspect-3-return_date-year", "year"),
        ("website", {"urls": ["\n".join(["a.example"] * 101)]}, "urls", "lines"),
        ("website", {"urls": [" \n "]}, "urls", "required"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(channel: str, posted: dict[str, list[str]], field: str, reason: str):
    form = read_form(CHANNELS[channel], REQUIRED[channel] | posted)
    assert [(problem.field, problem.reason) for problem in form.problems] == [(field, reason)]


def test_empty_blocks_are_left_out():
    posted = REQUIRED["travel"] | {"child-1-name": [" "], "child-3-sex": ["male"], "suspect-2-name": ["A  B"]}
    content = read_form(CHANNELS["travel"], posted).answers
    assert (content["child"], content["suspect"]) == ([{"sex": "male"}], [{"name": "A B"}])


def test_addresses_are_taken_line_by_line():
    posted = REQUIRED["website"] | {"urls": ["http://a.example/1\n\n  b.onion \nseen in a chat"]}
    assert read_form(CHANNELS["website"], posted).answers["urls"] == ["http://a.example/1", "b.onion", "seen in a chat"]


def test_a_long_text_is_kept_whole():
    text = "é" * limits.TYPED_BYTES
    assert read_form(CHANNELS["self"], {"narrative": [text]}).narrative == text
