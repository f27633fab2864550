"""Every figure can be recomputed from what was filed and done: here by counting a list by hand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from portal.channels import Channel
from portal.desk import authorities, cases
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.referring.acting import Wish, refer
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.statistics import Period, Table, spanning, tables
from portal.desk.statistics.facts import gather, keep
from portal.errors import DeskError
from portal.report import Status
from tests.desk.played import PlayedPortal, draft, reporter

Filed = tuple[str, str, str, dict[str, Any], tuple[tuple[int, Status], ...]]
"""Channel, day, what a test calls it, answers, and the answers given: days after that, and the status."""
WEB: dict[str, Any] = {"urls": ["http://bad.example/a"], "immediate_danger": "no"}
CHILD: dict[str, Any] = {"immediate_danger": "no"}
FILED: tuple[Filed, ...] = (
    ("website", "2026-01-05", "a", WEB | {"site_type": "forum"}, ((2, "under-review"), (9, "forwarded-stopline"))),
    ("website", "2026-01-20", "b", WEB | {"site_type": "forum", "contact": "details"}, ((4, "outside-remit"),)),
    ("website", "2026-03-01", "c", WEB, ((1, "forwarded-police"), (30, "closed"))),
    ("website", "2026-03-02", "d", WEB | {"site_type": "=cmd()"}, ()),
    ("travel", "2026-01-31", "e", {"country": "TH", "contact": "words"}, ((0, "question"),)),
    ("travel", "2026-02-01", "f", {"country": "TH"}, ((3, "forwarded-police"), (5, "forwarded-other"))),
    ("travel", "2026-02-02", "g", {"country": "Atlantis"}, ((3, "outside-remit"), (8, "forwarded-police"))),
    ("grooming", "2026-03-30", "h", CHILD | {"child_age_band": "6_12", "service_type": "game"}, ((6, "closed"),)),
    ("grooming", "2026-03-31", "i", CHILD | {"child_age_band": "6_12"}, ()),
    ("self", "2026-03-31", "j", {}, ()),
)


@pytest.fixture
def filed(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]) -> Desk:
    for channel, day, name, answers, _ in FILED:
        # What a newer channel file asks, this desk cannot check: the answers may be anything.
        version = 2 if name in UNCHECKED else 1
        portal.file(draft(name, channel=channel, answers=answers, version=version), received=day)
    import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    for case in cases.listed(desk.casebook):
        told = cases.messages(desk.casebook, case)[0].report.narrative
        ((_, day, _, _, given),) = [each for each in FILED if each[2] == told]
        for days, status in given:
            at = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=days)
            then = replace(desk, clock=lambda at=at: at)
            reply(then, case, status, "", [desk.name], then.today)
    return desk


def found(desk: Desk, period: Period | None = None, public: bool = False) -> dict[str, Table]:
    return {table.name: table for table in tables(desk.casebook, period, public)}


def counts(table: Table) -> dict[Any, int | None]:
    return {row.place if len(row.place) > 1 else row.place[0]: row.count for row in table.rows if row.count}


UNCHECKED = ("d", "g")
WHOLE = Period("2026-01", "2026-03")


def test_counts_what_was_filed(filed: Desk) -> None:
    shown = found(filed, WHOLE)
    assert shown["reports"].rows[0].count == len(FILED)
    assert counts(shown["channel"]) == Counter(each[0] for each in FILED)
    assert counts(shown["month"]) == Counter(each[1][:7] for each in FILED)
    assert counts(shown["channel-month"]) == Counter((each[1][:7], each[0]) for each in FILED)
    assert counts(shown["language"]) == {"en": len(FILED)}
    assert counts(shown["anonymous"]) == {"yes": 9, "no": 1}
    assert counts(shown["duplicates"]) == {"no": len(FILED)}


def test_counts_what_was_answered(filed: Desk) -> None:
    shown = found(filed, WHOLE)
    assert counts(shown["status"]) == Counter(each[4][-1][1] if each[4] else "received" for each in FILED)
    # a and c and f and g were forwarded in the end, b is outside, the others are neither.
    assert counts(shown["remit"]) == {"inside": 4, "outside": 1, "undecided": 5}
    assert counts(shown["forwarded"]) == {"stopline": 1, "police": 2, "other": 1}


def test_counts_days_from_the_answers(filed: Desk) -> None:
    first = [each[4][0][0] for each in FILED if each[4]]
    forwarded = [9, 1, 3, 8]
    rows = {row.place[0]: row for row in found(filed, WHOLE)["days"].rows}
    assert (rows["first-review"].count, rows["first-review"].median_days) == (len(first), median(first))
    assert (rows["forwarding"].count, rows["forwarding"].median_days) == (4, median(forwarded))


def test_counts_by_the_fields_of_a_channel(filed: Desk) -> None:
    shown = found(filed, WHOLE)
    assert counts(shown["travel-country"]) == {"TH": 2, "unrecognised": 1}
    assert counts(shown["website-site"]) == {"forum": 2, "not-said": 1, "unrecognised": 1}
    assert counts(shown["grooming-service-age"]) == {("game", "6_12"): 1, ("not-said", "6_12"): 1}
    assert counts(shown["grooming-service"]) == {"game": 1, "not-said": 1}
    assert counts(shown["grooming-age"]) == {"6_12": 2}


def test_takes_the_months_that_it_is_told(filed: Desk) -> None:
    shown = found(filed, Period("2026-02", "2026-02"))
    assert shown["reports"].rows[0].count == 2
    assert [row.place for row in shown["month"].rows] == [("2026-02",)]


def test_no_word_of_a_reporter_becomes_a_figure(filed: Desk) -> None:
    text = str([table.as_json() for table in tables(filed.casebook, WHOLE)])
    assert "cmd" not in text
    assert "Atlantis" not in text


def test_the_public_sees_what_is_large_enough(filed: Desk) -> None:
    shown = found(filed, WHOLE, public=True)
    assert shown["reports"].rows[0].count == 10
    for table in shown.values():
        assert all(row.count is None or row.count >= 5 for row in table.rows), table
    assert "channel-month" in shown, "wider parts would show no more of the forms"
    assert shown["channel-month"].is_hidden
    assert [row.place for row in shown["month"].rows if row.count is not None] == [("2026-03",)]


def test_a_follow_up_is_no_report(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
    keys = reporter()
    portal.file(draft(), keys, received="2026-01-05")
    portal.file(draft("more", kind="message"), keys, received="2026-02-05")
    import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    assert found(desk, WHOLE)["reports"].rows[0].count == 1
    assert counts(found(desk, WHOLE)["month"]) == {"2026-01": 1}


def test_a_purged_case_goes_on_being_counted(filed: Desk, channels: Mapping[str, Channel]) -> None:
    before = tables(filed.casebook, WHOLE)
    casebook = filed.casebook
    with casebook.transaction():
        for case in cases.listed(casebook):
            keep(casebook, case, channels)
            casebook.run("DELETE FROM log_details WHERE case_id = ?", case.id)
            for table in ("replies", "messages"):
                casebook.run(f"DELETE FROM {table} WHERE case_id = ?", case.id)
            casebook.run("DELETE FROM cases WHERE id = ?", case.id)
    assert cases.listed(casebook) == []
    assert tables(casebook, WHOLE) == before
    kept = str(casebook.all("SELECT * FROM counted"))
    assert "bad.example" not in kept
    assert "2026-0001" not in kept
    assert sum(gather(casebook, channels).values()) == len(FILED)


def test_without_reports_there_are_zeros(desk: Desk) -> None:
    assert found(desk)["reports"].rows[0].count == 0
    assert counts(found(desk)["status"]) == {}


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, "2026-01/2026-11"),
        ("2026-02", None, "2026-02/2026-11"),
        (None, "2026-02", "2026-01/2026-02"),
        ("2026-12", None, "2026-12"),
        (None, "2025-12", "2025-12"),
        ("2025-01", "2027-02", "2025-01/2027-02"),
    ],
)
def test_what_is_not_said_of_a_period_follows(filed: Desk, first: str | None, last: str | None, expected: str) -> None:
    assert str(spanning(filed.casebook, "2026-11", first, last)) == expected


def test_a_report_of_a_day_that_cannot_be_does_not_stop_the_figures(
    filed: Desk, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        portal.file(draft(day), received=day)
    import_bundle(filed, portal.export(), channels, Trust(portal.keys.public_key))
    assert str(spanning(filed.casebook, "2026-11")) == "1976-11/2027-11"
    assert found(filed)["reports"].rows[0].count == len(FILED)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2026-13", "2026-14", "written like 2026-01"),
        ("2026-1", "2026-02", "written like"),
        ("2026-03", "2026-02", "is after"),
        ("1900-03", "2026-02", "hundred years"),
        ("0000-01", "0000-02", "written like"),
    ],
)
def test_a_wrong_period_is_explained(first: str, last: str, why: str) -> None:
    with pytest.raises(DeskError, match=why):
        Period(first, last)


def test_parts_of_a_period() -> None:
    period = Period("2025-11", "2026-04")
    assert period.parts("month") == ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04"]
    assert period.parts("quarter") == ["2025-Q4", "2026-Q1", "2026-Q2"]
    assert period.parts("year") == ["2025", "2026"]
    assert period.parts("period") == ["2025-11/2026-04"]
    assert "2026-04" in period
    assert "2026-05" not in period


def test_a_folder_that_was_made_for_an_authority_is_a_decision(filed: Desk, tmp_path: Path) -> None:
    parquet = authorities.add(filed, "parquet", "Parquet", police=True)
    case = next(case for case in cases.listed(filed.casebook) if case.channel == "self")
    refer(filed, case, tmp_path / "out", Wish(parquet, formats=("json",)))
    shown = found(filed, WHOLE)
    assert counts(shown["referred"]) == {"parquet": 1}
    assert counts(shown["forwarded"]) == {"stopline": 1, "police": 3, "other": 1}
