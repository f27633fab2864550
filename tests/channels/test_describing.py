"""Answers as a person reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.channels import LANGUAGES, describe, load
from tests.channels.strategies import answers, steady

CHANNELS = load()
CONTENT = {
    "child": [{"number": 2, "age_band": "6_12"}, {"sex": "male"}],
    "immediate_danger": "unsure",
    "country": "KH",
    "signs": ["offering", "hearsay"],
    "date_from": {"precision": "day", "year": 2026, "month": 3, "day": 4},
    "date_to": {"precision": "month", "year": 2026, "month": 4},
    "third_party_action": "Two\nlines",
    "suspect": [{"return_date": {"precision": "year", "year": 2026}}, {"return_date": {"precision": "unknown"}}],
}


def test_labels_and_values_in_the_order_of_the_form():
    assert describe(CHANNELS["travel"], CONTENT, "en") == [
        ("Is a child in danger at this moment?", "I am not sure"),
        ("What made you worry?", "Someone offered a child; I heard someone speak of it"),
        ("Did staff or anyone else help, look away or take part?", "Two\nlines"),
        ("Country", "Cambodia"),
        ("When did it happen, or begin?", "4 March 2026"),
        ("If it went on: until when?", "April 2026"),
        ("Child 1: How many children does this describe?", "2"),
        ("Child 1: Age, roughly", "6 to 12"),
        ("Child 2: Sex", "Boy"),
        ("Person 1: When does the person travel back?", "2026"),
        ("Person 2: When does the person travel back?", "I don't know"),
    ]


@pytest.mark.parametrize(
    ("language", "country", "day", "month"),
    [("fr", "Cambodge", "4 mars 2026", "avril 2026"), ("de", "Kambodscha", "4. März 2026", "April 2026")],
)
def test_in_other_languages(language: str, country: str, day: str, month: str):
    values = [value for _, value in describe(CHANNELS["travel"], CONTENT, language)]
    assert [values[3], values[4], values[5]] == [country, day, month]


def test_addresses_stand_one_a_line():
    assert ("Addresses, one a line", "a\nb") in describe(CHANNELS["website"], {"urls": ["a", "b"]}, "en")


def test_a_country_that_is_not_known():
    assert describe(CHANNELS["grooming"], {"child_country": "unknown"}, "de")[0][1] == "Weiß ich nicht"


@steady
@given(st.data(), st.sampled_from(LANGUAGES))
def test_all_answers_can_be_described(data: st.DataObject, language: str):
    channel = data.draw(st.sampled_from(list(CHANNELS.values())))
    content = data.draw(answers(channel))
    lines = describe(channel, content, language)
    assert all(label and value for label, value in lines)
    assert len(lines) == sum(
        sum(len(block) for block in answer) if key in ("child", "suspect", "account") else 1
        for key, answer in content.items()
    )
