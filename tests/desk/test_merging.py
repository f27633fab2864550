"""Merging and separating: what each changes, what it never changes, and what follows for the rest of the desk."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.channels import Channel
from portal.desk import cases, custody, holding, merging, persons, purging, retention, searching
from portal.desk.cases import Case
from portal.desk.replies import reply
from portal.desk.retention import Rules
from portal.desk.session import Desk
from portal.desk.statistics import facts
from portal.errors import DeskError
from portal.receipt import ThreadKeys
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft, reporter

ONE, TWO, THREE, FOUR = "2026-0001", "2026-0002", "2026-0003", "2026-0004"
_LOG = ("log", "log_details", "signing_keys")


def everything(desk: Desk) -> dict[str, list[Any]]:
    """All rows of all tables but the log, which grows."""
    tables = [
        name
        for (name,) in desk.casebook.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        if name not in _LOG and not name.startswith(("texts_", "sqlite_"))
    ]
    return {table: sorted(desk.casebook.all(f"SELECT * FROM {table}"), key=repr) for table in tables}


@pytest.fixture
def threads(desk: Desk, portal: PlayedPortal, importing: Import) -> list[ThreadKeys]:
    """Four cases; the second one is urgent."""
    keys = [reporter() for _ in range(4)]
    urgent = {"immediate_danger": "yes", "country": "TH"}
    for number, one in enumerate(keys):
        said = draft(f"Number {number}.", channel="travel", answers=urgent if number == 1 else {"country": "TH"})
        portal.file(said, one)
        importing(portal.export())
    return keys


@pytest.fixture
def find(desk: Desk, threads: list[ThreadKeys]) -> Callable[[str], Case]:
    return lambda name: cases.find(desk.casebook, name)


Find = Callable[[str], Case]


def main_case(desk: Desk, name: str) -> tuple[Any, ...]:
    return desk.casebook.one("SELECT urgent, unseen, asked, merged FROM main_cases WHERE name = ?", name)


def test_merged_and_separated(desk: Desk, find: Find) -> None:
    before = everything(desk)
    merging.merge(desk, find(TWO), find(ONE))
    assert [case.name for case in cases.listed(desk.casebook)] == [ONE, THREE, FOUR]
    assert [case.name for case in cases.listed(desk.casebook, merged=True)] == [ONE, TWO, THREE, FOUR]
    assert (find(TWO).merged_into, find(ONE).merged_into, find(ONE).urgent) == (ONE, None, True)
    assert [case.name for case in cases.merged(desk.casebook, find(ONE))] == [TWO]
    assert merging.unmerge(desk, find(TWO)) == ONE
    assert everything(desk) == before
    assert find(ONE).urgent is False


def test_both_histories_tell_of_it(desk: Desk, find: Find) -> None:
    merging.merge(desk, find(TWO), find(ONE))
    merging.unmerge(desk, find(TWO))
    for name, other in ((ONE, TWO), (TWO, ONE)):
        done = list(custody.records(desk.casebook, name))[-2:]
        assert [record.entry.act for record in done] == ["merged", "unmerged"]
        assert all(record.details is not None and other in record.details.values() for record in done)


REFUSED = {
    "itself": (ONE, ONE, "cannot be merged into itself"),
    "merged already": (THREE, ONE, f"{THREE} is merged into {TWO} already"),
    "merged there already": (THREE, TWO, f"{THREE} is merged into {TWO} already"),
    "has merged ones": (TWO, ONE, f"{TWO} is a main case, since {THREE} was merged into it: merge {ONE} into {TWO}"),
    "into a merged one": (ONE, THREE, f"{THREE} is itself merged into {TWO}: merge {ONE} into {TWO}"),
    "into its own": (TWO, THREE, f"{TWO} is a main case"),
}


@pytest.mark.parametrize(("case", "into", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_merged(desk: Desk, find: Find, case: str, into: str, says: str) -> None:
    merging.merge(desk, find(THREE), find(TWO))
    before = everything(desk)
    with pytest.raises(DeskError, match=says):
        merging.merge(desk, find(case), find(into))
    assert everything(desk) == before


def test_what_a_caseworker_saw_before_another_merged_it_does_not_count(desk: Desk, find: Find) -> None:
    stale = find(THREE)
    merging.merge(desk, stale, find(TWO))
    with pytest.raises(DeskError, match="already"):
        merging.merge(desk, stale, find(ONE))


@pytest.mark.parametrize("name", [ONE, TWO])
def test_what_cannot_be_separated(desk: Desk, find: Find, name: str) -> None:
    merging.merge(desk, find(THREE), find(TWO))
    with pytest.raises(DeskError, match=f"{name} is not merged into another case"):
        merging.unmerge(desk, find(name))


_ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.sampled_from((ONE, TWO, THREE, FOUR)), st.sampled_from((ONE, TWO, THREE, FOUR))),
        st.tuples(st.just("unmerge"), st.sampled_from((ONE, TWO, THREE, FOUR)), st.none()),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=_ACTS)
def test_any_sequence_loses_nothing(desk: Desk, find: Find, acts: list[tuple[str, str, str | None]]) -> None:
    """One level at any time, no case is lost from the lists, and all separated it is as it was."""
    before = everything(desk)
    for act, name, into in acts:
        try:
            if act == "merge" and into is not None:
                merging.merge(desk, find(name), find(into))
            else:
                merging.unmerge(desk, find(name))
        except DeskError:
            continue
        mains = cases.listed(desk.casebook)
        shown = [one.name for main in mains for one in cases.whole(desk.casebook, main)]
        assert sorted(shown) == [ONE, TWO, THREE, FOUR]
        assert all(find(one.merged_into).merged_into is None for one in map(find, shown) if one.merged_into)
        assert [main.name for main in mains if main.urgent] == [find(TWO).merged_into or TWO]
    for name in (ONE, TWO, THREE, FOUR):
        if find(name).merged_into:
            merging.unmerge(desk, find(name))
    assert everything(desk) == before


def test_what_comes_to_a_merged_case_shows_with_the_main_one(
    desk: Desk, find: Find, threads: list[ThreadKeys], portal: PlayedPortal, importing: Import
) -> None:
    for name in (ONE, TWO, THREE, FOUR):
        reply(desk, find(name), "question", "Where was it?", ["police"], date(2026, 11, 26))
    merging.merge(desk, find(TWO), find(ONE))
    assert main_case(desk, ONE) == (1, None, "2026-11-26", 1)
    portal.file(draft("More.", channel="travel", kind="message"), threads[1], received="2026-11-27")
    assert importing(portal.export()).messages == [TWO]
    assert main_case(desk, ONE) == (1, "2026-11-27", "2026-11-26", 1)
    assert len(cases.messages(desk.casebook, find(TWO))) == 2
    merging.unmerge(desk, find(TWO))
    assert main_case(desk, ONE) == (0, None, "2026-11-26", 0)
    assert main_case(desk, TWO) == (1, "2026-11-27", None, 0)


def test_a_search_names_the_main_case_and_where_the_text_stands(desk: Desk, find: Find) -> None:
    merging.merge(desk, find(TWO), find(ONE))
    found = searching.search(desk, "number")
    assert sorted((one.case, one.thread) for one in found) == [
        (ONE, ONE),
        (ONE, TWO),
        (THREE, THREE),
        (FOUR, FOUR),
    ]


def test_each_reporter_is_answered_alone(desk: Desk, find: Find) -> None:
    merging.merge(desk, find(TWO), find(ONE))
    reply(desk, find(TWO), "forwarded-police", "Thank you.", ["police"], date(2026, 11, 26))
    assert [len(cases.answers(desk.casebook, find(name))) for name in (ONE, TWO)] == [0, 1]
    assert (find(ONE).status, find(TWO).status) == ("received", "forwarded-police")


def test_a_purge_takes_what_was_merged_as_well(desk: Desk, find: Find, channels: dict[str, Channel]) -> None:
    merging.merge(desk, find(TWO), find(ONE))
    merging.merge(desk, find(FOUR), find(ONE))
    going = purging.extent(desk.casebook, [find(ONE), find(TWO)])
    assert (going.cases, going.merged, going.messages) == ((TWO, FOUR, ONE), (TWO, FOUR), 3)
    purging.purge(desk, [find(ONE)], channels)
    assert [case.name for case in cases.listed(desk.casebook, merged=True)] == [THREE]
    counted = facts.gather(desk.casebook, channels)
    assert sum(count for fact, count in counted.items() if fact.duplicate) == 2


def test_a_merged_case_can_go_alone(desk: Desk, find: Find, channels: dict[str, Channel]) -> None:
    merging.merge(desk, find(TWO), find(ONE))
    purging.purge(desk, [find(TWO)], channels)
    assert [case.name for case in cases.listed(desk.casebook, merged=True)] == [ONE, THREE, FOUR]


def _hold(desk: Desk, case: Case) -> None:
    holding.hold(desk, case, "court")


def _restrict(desk: Desk, case: Case) -> None:
    persons.decide(desk, case, "restriction", "Asked by letter.")


@pytest.mark.parametrize("keep", [_hold, _restrict])
@pytest.mark.parametrize(("kept", "asked"), [(ONE, TWO), (TWO, ONE), (TWO, FOUR)])
def test_merged_cases_are_kept_together(
    desk: Desk,
    find: Find,
    channels: dict[str, Channel],
    keep: Callable[[Desk, Case], None],
    kept: str,
    asked: str,
) -> None:
    merging.merge(desk, find(TWO), find(ONE))
    merging.merge(desk, find(FOUR), find(ONE))
    keep(desk, find(kept))
    with pytest.raises(DeskError, match=f"{kept} .*and so does {asked}, since they were merged"):
        purging.purge(desk, [find(asked)], channels)
    assert len(cases.listed(desk.casebook, merged=True)) == 4
    assert holding.kept(desk.casebook) == {find(name).id for name in (ONE, TWO, FOUR)}
    merging.unmerge(desk, find(TWO))
    assert holding.kept(desk.casebook) == {find(name).id for name in ((TWO,) if kept == TWO else (ONE, FOUR))}


def test_it_comes_due_with_its_main_case(
    desk: Desk, find: Find, threads: list[ThreadKeys], portal: PlayedPortal, importing: Import
) -> None:
    def due(today: date) -> list[str]:
        return [one.case.name for one in retention.due(desk.casebook, Rules(), today)]

    def answer(name: str, day: date) -> None:
        reply(desk, find(name), "outside-remit", "", ["police"], day)
        desk.casebook.run("UPDATE replies SET pack = 1")

    merging.merge(desk, find(TWO), find(ONE))
    answer(ONE, date(2026, 11, 26))
    assert due(date(2027, 1, 1)) == []  # nobody has looked at the other report
    answer(TWO, date(2026, 11, 26))
    assert due(date(2026, 12, 25)) == []
    assert due(date(2026, 12, 26)) == [ONE]
    portal.file(draft("More.", channel="travel", kind="message"), threads[1], received="2026-12-10")
    importing(portal.export())
    answer(TWO, date(2026, 12, 11))
    assert due(date(2027, 1, 8)) == []
    assert due(date(2027, 1, 9)) == [ONE]
    merging.unmerge(desk, find(TWO))
    assert due(date(2027, 1, 9)) == [ONE]
    assert due(date(2027, 1, 10)) == [ONE, TWO]
