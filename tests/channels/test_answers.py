"""`check_answers` lets through what a form makes and nothing else; urgency and advice follow from the answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import limits
from portal.channels import advice, check_answers, describe, is_urgent, load
from portal.errors import ReportError
from tests.channels.strategies import JSON, answers, steady

CHANNELS = load()
DAY = {"precision": "day", "year": 2026, "month": 3, "day": 4}


@steady
@given(st.data())
def test_answers_that_fit_pass(data: st.DataObject):
    channel = data.draw(st.sampled_from(list(CHANNELS.values())))
    check_answers(channel, data.draw(answers(channel)))


@steady
@given(st.data())
def test_any_json_passes_or_is_refused(data: st.DataObject):
    channel = data.draw(st.sampled_from(list(CHANNELS.values())))
    content: Any = data.draw(answers(channel))
    keys = [question.key for question in channel.questions()]
    content |= data.draw(st.dictionaries(st.sampled_from(keys), JSON, max_size=3))
    try:
        check_answers(channel, content)
    except ReportError:
        return
    assert all(label and value for label, value in describe(channel, content, "fr"))
    assert isinstance(is_urgent(channel, content), bool)
    assert advice(channel, content) is not None


@steady
@given(st.data(), JSON)
def test_a_question_that_nobody_asks_is_refused(data: st.DataObject, value: object):
    channel = data.draw(st.sampled_from(list(CHANNELS.values())))
    asked = {question.key for question in channel.questions()} - {"narrative"}
    key = data.draw(st.text().filter(lambda key: key not in asked))
    with pytest.raises(ReportError):
        check_answers(channel, data.draw(answers(channel)) | {key: value})


@steady
@given(JSON.filter(lambda value: not isinstance(value, dict)))
def test_answers_are_an_object(value: object):
    with pytest.raises(ReportError):
        check_answers(CHANNELS["travel"], value)


REFUSED: dict[str, dict[str, object]] = {
    "the narrative": {"narrative": "text"},
    "no string": {"city": 3},
    "empty text": {"city": ""},
    "blanks at an end": {"city": " Trier"},
    "a line break in a line": {"city": "a\nb"},
    "a NUL": {"third_party_action": "a\0b"},
    "an escape": {"third_party_action": "a\x1b[2Jb"},
    "half a character": {"third_party_action": "a\ud800b"},
    "an unknown value": {"place_type": "castle"},
    "a value in another form": {"place_type": ["hotel"]},
    "one value of many": {"signs": "touching"},
    "no values": {"signs": []},
    "values out of order": {"signs": ["filming", "touching"]},
    "a value twice": {"signs": ["touching", "touching"]},
    "values that are objects": {"signs": [{}]},
    "a small country": {"country": "lu"},
    "no country": {"country": "EU"},
    "a number as text": {"child": [{"number": "2"}]},
    "a number that is a boolean": {"child": [{"number": True}]},
    "a number with a point": {"child": [{"number": 2.0}]},
    "a number too small": {"child": [{"number": 0}]},
    "a number too large": {"child": [{"number": 10_000}]},
    "no blocks": {"child": []},
    "an empty block": {"child": [{}]},
    "four blocks": {"child": [{"sex": "male"}] * 4},
    "a block of another group": {"child": [{"vehicle": "blue"}]},
    "a block that is a list": {"child": [["sex"]]},
    "a date as text": {"date_from": "2026-03-04"},
    "an unknown precision": {"date_from": {"precision": "hour"}},
    "a precision that is a list": {"date_from": {"precision": []}},
    "a date without its day": {"date_from": {"precision": "day", "year": 2026, "month": 3}},
    "a year with a month": {"date_from": {"precision": "year", "year": 2026, "month": 3}},
    "a month without its year": {"date_from": {"precision": "month", "month": 3}},
    "a date with more": {"date_from": {**DAY, "hour": 4}},
    "30 February": {"date_from": {**DAY, "month": 2, "day": 30}},
    "a year of one digit": {"date_from": {"precision": "year", "year": 7}},
    "a huge year": {"date_from": {"precision": "year", "year": 10**40}},
    "a boolean year": {"date_from": {"precision": "year", "year": True}},
    "a text that is too long": {"city": "a" * (limits.TYPED_BYTES + 1)},
    "texts that are too long together": {"city": "a" * 20_000, "place_name": "é" * 2_001},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_form_never_makes_is_refused(name: str):
    with pytest.raises(ReportError) as caught:
        check_answers(CHANNELS["travel"], REFUSED[name])
    assert str(caught.value).startswith("The answers")
    assert str(caught.value).endswith(".")


def test_100_addresses_and_no_more():
    check_answers(CHANNELS["website"], {"urls": ["a.example"] * 100})
    with pytest.raises(ReportError):
        check_answers(CHANNELS["website"], {"urls": ["a.example"] * 101})


def test_an_error_repeats_nothing_that_was_sent():
    for content in ({"secret": 1}, {"city": "secret\n"}, {"signs": ["secret"]}, {"country": "secret"}):
        with pytest.raises(ReportError) as caught:
            check_answers(CHANNELS["travel"], content)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("channel", "content", "urgent"),
    [
        ("travel", {}, False),
        ("travel", {"immediate_danger": "yes"}, True),
        ("travel", {"immediate_danger": "no", "city": "yes"}, False),
        ("travel", {"immediate_danger": "unsure", "ongoing": "yes"}, False),
        ("grooming", {"behaviours": ["sexual_talk", "meeting_proposed"]}, False),
        ("grooming", {"behaviours": ["sexual_talk", "meeting_planned"]}, True),
        ("grooming", {"behaviours": ["blackmail"]}, True),
        ("grooming", {"child_safe_now": "no"}, True),
        ("self", {"safe_now": "no"}, True),
        ("self", {"safe_now": "unknown"}, False),
        ("website", {"immediate_danger": "no", "urls": ["yes"]}, False),
    ],
)
def test_what_is_urgent(channel: str, content: dict[str, object], urgent: bool):
    check_answers(CHANNELS[channel], content)
    assert is_urgent(CHANNELS[channel], content) is urgent


@steady
@given(st.data())
def test_urgency_and_advice_come_from_any_answers(data: st.DataObject):
    channel = data.draw(st.sampled_from(list(CHANNELS.values())))
    content = data.draw(answers(channel))
    assert isinstance(is_urgent(channel, content), bool)
    texts = advice(channel, content)
    assert all(texts.count(text) == 1 for text in texts)


def test_advice_follows_what_was_chosen():
    texts = advice(CHANNELS["grooming"], {"behaviours": ["blackmail"], "evidence_held": ["notes", "abuse_image"]})
    assert [text.en.split(":")[0].split(",")[0] for text in texts] == [
        "Do not pay",
        "Do not send it to us or to anyone else",
    ]
