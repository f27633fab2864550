"""What reports have in common is found in whatever way it was written."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.desk import fingerprints
from portal.desk.fingerprints import MARKS, Mark, marks

MARCH = {"precision": "month", "year": 2026, "month": 3}
MAY = {"precision": "day", "year": 2026, "month": 5, "day": 9}


@pytest.mark.parametrize(
    ("answers", "narrative", "found"),
    [
        ({"urls": ["http://www.bad.example/a"]}, "", {("url", "bad.example/a"), ("host", "bad.example")}),
        ({}, "look at http://bad.example/a", {("url", "bad.example/a"), ("host_named", "bad.example")}),
        (
            {"country": "TH", "city": "Pattaya", "place_name": "Hotel Sunrise, room 12", "date_from": MARCH},
            "",
            {
                ("country", "th"),
                ("place", "th|pattaya|hotel sunrise"),
                ("stay", "th|pattaya|hotel sunrise|2026-03"),
            },
        ),
        (
            {"country": "TH", "city": "PATTAYÁ", "date_from": MARCH, "date_to": MAY},
            "",
            {("country", "th"), *(("stay", f"th|pattaya||2026-0{month}") for month in (3, 4, 5))},
        ),
        ({"country": "TH"}, "", {("country", "th")}),
        ({"country": "unknown"}, "", set()),
        (
            {"service_name": "Insta Gram.com", "account": [{"username": "@Evil_Guy"}]},
            "",
            {("service", "instagram"), ("account", "instagram:evil_guy")},
        ),
        ({"suspect": [{"account": "621 123 456"}]}, "", {("phone", "+352621123456")}),
        ({"suspect": [{"account": "Evil@Mail.Example"}]}, "", {("email", "evil@mail.example")}),
        ({}, "He has +33 6 12 34 56 78, was born on 2010-12-12, room 621 123 456", {("phone", "+33612345678")}),
        ({}, "00352 621 123 456", {("phone", "+352621123456")}),
        ({"contact_phone": "+352 621 123 456", "contact_email": "me@mail.example"}, "", set()),
    ],
)
def test_marks(answers: dict[str, Any], narrative: str, found: set[tuple[str, str]]) -> None:
    assert marks(answers, narrative) == {Mark(kind, value) for kind, value in found}  # type: ignore[arg-type]


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
_KEYS = (
    "urls",
    "country",
    "city",
    "place_name",
    "date_from",
    "date_to",
    "account",
    "suspect",
    "service_name",
    "poster",
)


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON), st.text())
def test_nothing_raises(answers: dict[str, Any], narrative: str) -> None:
    assert len(marks(answers, narrative)) <= MARKS


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    for fold in (fingerprints.fold, fingerprints.service_name, fingerprints.place_name):
        assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("piece", ["+352621123456 ", "00 1 2 3 ", "a@b.example ", "http://x.example/1 ", "1", "@." * 9])
def test_a_hostile_text_costs_little(piece: str) -> None:
    started = time.perf_counter()
    assert len(marks({}, piece * (24_000 // len(piece)))) <= MARKS
    assert time.perf_counter() - started < 2
