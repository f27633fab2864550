"""Flags name the answer that raised them; the rules are the operator's to change."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from portal.channels import Channel
from portal.desk import triage
from portal.desk.folder import Folder
from portal.desk.triage import BY_CHANNEL, Triage
from portal.errors import RulesError
from portal.report import Report
from tests.desk.played import DAY, draft, report_json, reporter


@pytest.fixture(scope="module")
def rules(channels: dict[str, Channel]) -> Triage:
    return triage.load_rules(None, channels)


def report(channel: str, answers: dict[str, Any], narrative: str = "", version: int = 1) -> Report:
    said = draft(narrative, channel=channel, answers=answers, version=version)
    return msgspec.json.decode(report_json(reporter(), said, DAY), type=Report)


def date(year: int, *rest: int) -> dict[str, Any]:
    parts = dict(zip(("year", "month", "day"), (year, *rest), strict=False))
    return {"precision": ("year", "month", "day")[len(rest)], **parts}


@pytest.mark.parametrize(
    ("channel", "answers", "raised"),
    [
        ("travel", {"immediate_danger": "yes"}, [("danger-now", "immediate_danger", True)]),
        ("travel", {"immediate_danger": "unsure"}, []),
        ("grooming", {"child_safe_now": "no"}, [("danger-now", "child_safe_now", True)]),
        ("self", {"safe_now": "no"}, [("danger-now", "safe_now", True)]),
        ("grooming", {"behaviours": ["meeting_planned"]}, [("meeting-planned", "behaviours", True)]),
        ("grooming", {"meeting_details": "Friday"}, [("meeting-planned", "meeting_details", True)]),
        ("grooming", {"behaviours": ["blackmail"]}, [("blackmail", "behaviours", True)]),
        (
            "travel",
            {"suspect": [{"sex": "male"}, {"return_date": date(2026, 11, 25)}]},
            [("suspect-about-to-travel", "suspect-2-return_date", True)],
        ),
        ("travel", {"suspect": [{"return_date": date(2026, 11, 24)}]}, []),
        (
            "travel",
            {"suspect": [{"return_date": date(2026, 11)}]},
            [("suspect-about-to-travel", "suspect-1-return_date", True)],
        ),
        ("travel", {"suspect": [{"return_date": date(2025), "flight": "LG 1"}]}, []),
        (
            "travel",
            {"suspect": [{"return_date": {"precision": "unknown"}, "flight": "LG 1"}]},
            [("suspect-about-to-travel", "suspect-1-flight", True)],
        ),
        ("travel", {"child": [{"age_band": "0_5"}]}, [("child-under-6", "child-1-age_band", False)]),
        ("grooming", {"child_age_band": "0_5"}, [("child-under-6", "child_age_band", False)]),
        ("website", {"reporter_role": "self"}, [("self-report", "reporter_role", False)]),
    ],
)
def test_the_rules_that_ship(
    rules: Triage, channel: str, answers: dict[str, Any], raised: list[tuple[str, str, bool]]
) -> None:
    found = triage.flags(rules, report(channel, answers))
    assert [(flag.rule, flag.field, flag.urgent) for flag in found] == raised


def test_a_report_by_a_child(rules: Triage) -> None:
    assert [flag.rule for flag in triage.flags(rules, report("self", {}, "What happened to me"))] == ["self-report"]


def test_answers_that_are_not_known_raise_nothing(rules: Triage) -> None:
    assert triage.flags(rules, report("travel", {"immediate_danger": "yes"}, version=99)) == []
    assert triage.flags(rules, report("travel", {"suspect": "not a list"})) == []
    assert triage.completeness(rules, report("nothing", {"a": 1})) == (0, 0)


def test_completeness_counts_answered_questions(rules: Triage, channels: dict[str, Channel]) -> None:
    asked = len(list(channels["self"].questions()))
    assert triage.completeness(rules, report("self", {"safe_now": "no"}, "words")) == (2, asked)
    assert triage.completeness(rules, report("self", {}, "")) == (0, asked)


def test_labels(rules: Triage) -> None:
    assert rules.label("blackmail", "de") == "Erpressung"
    assert rules.label("gone", "en") == "gone"
    assert rules.field_label("travel", "suspect-2-return_date", "en").endswith("2: When does the person travel back?")
    assert rules.field_label("grooming", "behaviours", "en") == "What did the adult do?"
    assert rules.field_label("grooming", "not-a-field", "en") == "not-a-field"


OWN = """[[rules]]
key = "films"
urgent = true
label = { en = "Film", fr = "Film", de = "Film" }
when = [{ channels = ["website"], field = "content_kind", values = ["film"] }]
"""


def test_the_rules_of_an_operator_are_read_instead(channels: dict[str, Channel], tmp_path: Path) -> None:
    (tmp_path / "triage.toml").write_text(OWN)
    own = triage.load_rules(Folder(tmp_path), channels)
    found = triage.flags(own, report("website", {"content_kind": ["film"], "immediate_danger": "yes"}))
    assert [(flag.rule, flag.field) for flag in found] == [("films", "content_kind"), (BY_CHANNEL, "immediate_danger")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"website"]', '"sites"]', r"at rules\.films\.when\.channels: there is no channel sites"),
        ('"content_kind"', '"kind"', r"at rules\.films\.when\.field: the channel website has no question kind"),
        ('["film"]', '["song"]', r"at rules\.films\.when\.values: content_kind of .* has no value song"),
        ('values = ["film"]', "ahead = true", r"at rules\.films\.when\.ahead: content_kind .* is no date"),
        ('values = ["film"]', 'filled = true, without = "x"', r"at rules\.films\.when\.without: .* does not ask x"),
        (', values = ["film"]', "", r"at rules\.films\.when: each condition has one of"),
        ("urgent = true", "", r"at rules\.films\.urgent: it is missing"),
        ("urgent = true", "urgent = 1", r"at rules\.films\.urgent: "),
        ("[[rules]]", "[[rules", "is not TOML"),
        ('"films"', f'"{BY_CHANNEL}"', "at rules: a key is there twice, or is"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(
    channels: dict[str, Channel], tmp_path: Path, old: str, new: str, said: str
) -> None:
    (tmp_path / "triage.toml").write_text(OWN.replace(old, new, 1))
    with pytest.raises(RulesError, match=said):
        triage.load_rules(Folder(tmp_path), channels)
