"""Any combination of filters finds what a plain loop over all cases finds."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.channels import Channel
from portal.desk import cases, cli, deadlines, filtering, fingerprints, looking, merging, organising, searching, session
from portal.desk.cases import Case
from portal.desk.filtering import Filter, Sort
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft

TODAY = date(2026, 11, 25)
TRAVEL = {"immediate_danger": "no", "country": "TH"}
GROOMING = {
    "immediate_danger": "no",
    "child_age_band": "6_12",
    "child_country": "LU",
    "service_name": "Tele Gram.com",
    "account": [{"username": "@Uncle_T"}, {"username": "+352 621 123 456"}],
}
REPORTS: list[tuple[str, dict[str, Any], int]] = [
    ("travel", TRAVEL | {"immediate_danger": "yes"}, 0),
    ("travel", TRAVEL, 1),
    ("travel", TRAVEL | {"country": "KH"}, 2),
    ("travel", TRAVEL, 3),
    ("travel", TRAVEL | {"immediate_danger": "yes"}, 40),
    ("grooming", GROOMING, 0),
    ("grooming", GROOMING | {"service_name": "Chat", "account": [{"username": "uncle_t"}]}, 7),
    ("grooming", GROOMING | {"child_age_band": "0_5", "account": [{"username": "me@mail.example"}]}, 20),
    ("website", {"immediate_danger": "no", "urls": ["http://bad.example/a", "https://www.other.example/"]}, 2),
    ("website", {"immediate_danger": "no", "urls": ["http://cdn.bad.example/b", "http://bad_one.example/"]}, 5),
    ("website", {"immediate_danger": "no", "urls": ["http://notbad.example/c"]}, 30),
    ("website", {"immediate_danger": "no", "urls": ["http://cdn.badxone.example/d", "http://bad.example/a"]}, 9),
    ("other", {"immediate_danger": "unsure"}, 14),
    ("other", {"immediate_danger": "no"}, 0),
]
"""Channel, answers, and how many days ago it came in."""


@pytest.fixture(scope="module")
def filled(new_desk: Path, tmp_path_factory: pytest.TempPathFactory, channels: dict[str, Channel]) -> Iterator[Desk]:
    """A desk with a case for each report, in many states; it is only read."""
    folder = tmp_path_factory.mktemp("filtering")
    root = shutil.copytree(new_desk, folder / "desk")
    with session.open_desk(root, PASSPHRASE, writing=True) as opened:
        now = opened.clock().replace(year=TODAY.year, month=TODAY.month, day=TODAY.day)
        desk = dataclasses.replace(opened, clock=lambda: now)
        portal = PlayedPortal([desk.keyring.recipient], folder)
        for channel, answers, days in REPORTS:
            received = (TODAY - timedelta(days=days)).isoformat()
            portal.file(draft(f"Words of {channel} {days}.", channel=channel, answers=answers), received=received)
        outcome = import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        assert outcome.quarantined == []
        _work(desk)
        yield desk


def _work(desk: Desk) -> None:
    known = {
        (case.channel, (TODAY - date.fromisoformat(case.received)).days): case for case in cases.listed(desk.casebook)
    }
    for key in (("travel", 1), ("travel", 40), ("grooming", 7), ("website", 30), ("other", 14)):
        looking.look(desk, known[key])
    reply(desk, known["travel", 2], "question", "Where?", ["police"], TODAY - timedelta(days=20))
    reply(desk, known["travel", 3], "question", "Where?", ["police"], TODAY - timedelta(days=14))
    reply(desk, known["other", 0], "question", "Where?", ["police"], TODAY)
    reply(desk, known["grooming", 20], "closed", "", ["police"], TODAY)
    reply(desk, known["website", 30], "outside-remit", "", ["police"], TODAY)
    reply(desk, known["other", 14], "under-review", "", ["police"], TODAY)
    organising.assign(desk, known["travel", 0], "default")
    organising.assign(desk, known["grooming", 7], "default")
    organising.tag(desk, known["travel", 1], ["later", "plane"])
    organising.tag(desk, known["website", 5], ["later"])
    merging.merge(desk, known["website", 5], known["website", 2])
    merging.merge(desk, known["grooming", 0], known["grooming", 7])


Naive = Callable[["Known"], bool]


@dataclasses.dataclass(frozen=True)
class Known:
    """All of a case, gathered without the code under test; what merged cases have is its own as well."""

    case: Case
    main: bool
    assigned: str | None
    unseen: str | None
    tags: set[str]
    flags: set[str]
    marks: set[tuple[str, str]]
    by: date | None


def known(desk: Desk) -> list[Known]:
    return [_known(desk, case) for case in cases.listed(desk.casebook, merged=True)]


def _known(desk: Desk, case: Case) -> Known:
    group = [case, *cases.merged(desk.casebook, case)]
    rows = [
        desk.casebook.one("SELECT assigned, unseen, asked, answered FROM cases WHERE id = ?", one.id) for one in group
    ]
    unseen = min((row[1] for row in rows if row[1]), default=None)
    asked = min((row[2] for row in rows if row[2]), default=None)
    days = []
    if not case.merged_into:
        if unseen:
            days.append(date.fromisoformat(unseen) + timedelta(days=0 if case.urgent else 2))
        if rows[0][3] is None and case.status in ("received", "under-review", "question"):
            days.append(date.fromisoformat(case.received) + timedelta(days=7))
        if asked:
            days.append(date.fromisoformat(asked) + timedelta(days=14))
    reports = [message.report for one in group for message in cases.messages(desk.casebook, one)]
    return Known(
        case=case,
        main=case.merged_into is None,
        assigned=rows[0][0],
        unseen=unseen,
        tags={tag for one in group for tag in organising.tags(desk.casebook, one)},
        flags={
            rule for one in group for (rule,) in desk.casebook.all("SELECT rule FROM flags WHERE case_id = ?", one.id)
        },
        marks={
            (str(mark.kind), mark.value)
            for report in reports
            for mark in fingerprints.marks(report.answers, report.narrative)
        },
        by=min(days, default=None),
    )


def _host(name: str) -> Naive:
    return lambda one: any(
        kind in ("host", "host_named") and (value == name or value.endswith(f".{name}")) for kind, value in one.marks
    )


def _mark(*wanted: tuple[str, str]) -> Naive:
    return lambda one: bool(one.marks & set(wanted))


def _due(bucket: str) -> Naive:
    ranges = {
        "overdue": lambda day: day < TODAY,
        "today": lambda day: day == TODAY,
        "week": lambda day: TODAY < day <= TODAY + timedelta(days=7),
        "later": lambda day: day > TODAY + timedelta(days=7),
    }
    return lambda one: one.by is None if bucket == "none" else one.by is not None and ranges[bucket](one.by)


TELE = ("account", "telegram:uncle_t")
CHAT = ("account", "chat:uncle_t")
PARTS: dict[str, dict[Any, Naive]] = {
    "channel": {
        key: lambda one, key=key: one.case.channel == key  # type: ignore[misc]
        for key in ("travel", "grooming", "website", "other", "nonsense")
    },
    "status": {
        key: lambda one, key=key: one.case.status == key  # type: ignore[misc]
        for key in ("received", "question", "closed")
    },
    "is_open": {
        True: lambda one: one.case.status in ("received", "under-review", "question") or one.unseen is not None
    },
    "urgent": {True: lambda one: one.case.urgent},
    "month": {
        "2026-11": lambda one: one.case.received[:7] == "2026-11",
        "2026-10": lambda one: one.case.received[:7] == "2026-10",
    },
    "assigned": {"default": lambda one: one.assigned == "default", "nobody-here": lambda one: False},
    "nobodys": {True: lambda one: one.assigned is None},
    "tag": {"later": lambda one: "later" in one.tags, "plane": lambda one: "plane" in one.tags},
    "flag": {
        key: lambda one, key=key: key in one.flags  # type: ignore[misc]
        for key in ("danger-now", "child-under-6")
    },
    "due": {bucket: _due(bucket) for bucket in deadlines.BUCKETS},
    "unseen": {True: lambda one: one.unseen is not None},
    "country": {"TH": _mark(("country", "th")), "thaïlande": _mark(("country", "th")), "LU": _mark(("country", "lu"))},
    "service": {"telegram": _mark(("service", "telegram")), "CHAT": _mark(("service", "chat"))},
    "host": {
        "bad.example": _host("bad.example"),
        "http://www.bad.example/any": _host("bad.example"),
        "cdn.bad.example": _host("cdn.bad.example"),
        "bad_one.example": _host("bad_one.example"),
        "b%": lambda one: False,
    },
    "account": {
        "Uncle_T": _mark(TELE, CHAT),
        "@uncle_t": _mark(TELE, CHAT),
        "Telegram:uncle_t": _mark(TELE),
        "621123456": _mark(("phone", "+352621123456")),
        "ME@mail.example": _mark(("email", "me@mail.example")),
        "": lambda one: False,
    },
}
CHOSEN = st.fixed_dictionaries(
    {"merged": st.booleans()}, optional={name: st.sampled_from(list(part)) for name, part in PARTS.items()}
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300, deadline=None
)
@given(chosen=CHOSEN, sort=st.sampled_from(filtering.SORTS))
def test_any_combination(filled: Desk, chosen: dict[str, Any], sort: Sort) -> None:
    everything = _EVERYTHING.get(id(filled)) or _EVERYTHING.setdefault(id(filled), known(filled))
    expected = {
        one.case.name
        for one in everything
        if (chosen["merged"] or one.main)
        and all(PARTS[name][value](one) for name, value in chosen.items() if name != "merged")
    }
    wish = Filter(**chosen)
    found = filtering.find(filled, wish, sort)
    assert {one.case.name for one in found} == expected
    assert len(found) == len(expected) == filtering.count(filled, wish)
    assert all(one.case == cases.find(filled.casebook, one.case.name) for one in found)


_EVERYTHING: dict[int, list[Known]] = {}


def test_every_choice_finds_something(filled: Desk) -> None:
    """A filter that never finds anything would prove nothing above."""
    nothing = {("channel", "nonsense"), ("assigned", "nobody-here"), ("host", "b%"), ("account", "")}
    for name, part in PARTS.items():
        for value in part:
            found = filtering.count(filled, Filter(**{name: value}))
            total = filtering.count(filled, Filter())
            assert (found == 0) == ((name, value) in nothing), (name, value)
            assert found < total, (name, value)


def test_pages_hang_together(filled: Desk) -> None:
    for sort in filtering.SORTS:
        whole = filtering.find(filled, Filter(), sort)
        pages = [filtering.find(filled, Filter(), sort, 5, skip) for skip in range(0, len(whole) + 5, 5)]
        assert [one for page in pages for one in page] == whole


def test_the_order_of_what_is_due(filled: Desk) -> None:
    found = filtering.find(filled, Filter(), "due")
    ranks = [deadlines.BUCKETS.index(deadlines.bucket(one.by, TODAY)) for one in found]
    assert ranks == sorted(ranks)
    assert set(ranks) >= {0, 1, 2, 4}
    for rank in set(ranks):
        urgent = [one.case.urgent for one, place in zip(found, ranks, strict=True) if place == rank]
        assert urgent == sorted(urgent, reverse=True)


def test_the_tally_counts_what_the_filters_find(filled: Desk) -> None:
    tally = filtering.tally(filled)
    for bucket in deadlines.BUCKETS[:-1]:
        assert tally.due[bucket] == filtering.count(filled, Filter(due=bucket))
    assert tally.urgent == filtering.count(filled, Filter(urgent=True, is_open=True))
    assert tally.unseen == filtering.count(filled, Filter(unseen=True))
    assert tally.asked == filtering.count(filled, Filter(status="question"))
    assert tally.open == filtering.count(filled, Filter(is_open=True))
    assert tally.all == filtering.count(filled, Filter())


def test_an_empty_desk(desk: Desk) -> None:
    assert filtering.find(desk, Filter()) == []
    assert filtering.tally(desk).all == filtering.tally(desk).due["overdue"] == 0


def test_the_flags_of_a_merged_case_are_those_of_its_main_one(filled: Desk) -> None:
    (urgent,) = filtering.find(filled, Filter(channel="travel", due="today", urgent=True))
    assert urgent.flags == ("danger-now",)


def test_a_country_that_is_none(filled: Desk) -> None:
    with pytest.raises(DeskError, match="No country is called so"):
        filtering.find(filled, Filter(country="Atlantis"))


class TestSearch:
    def test_words_within_fields(self, filled: Desk) -> None:
        def names(words: str, chosen: Filter) -> set[str]:
            return {found.case for found in searching.search(filled, words, chosen)}

        thailand = {one.case.name for one in filtering.find(filled, Filter(country="TH"))}
        assert names("words", Filter(country="TH")) == thailand
        assert names("", Filter(country="TH")) == thailand
        assert names("nowhere", Filter(country="TH")) == set()
        assert names("website 5", Filter(tag="later")) == names("website 5", Filter(host="bad.example"))
        assert len(names("website 5", Filter(tag="later"))) == 1, "its main case"

    def test_count_and_pages(self, filled: Desk) -> None:
        for words, chosen in (("words", Filter()), ("words", Filter(channel="travel")), ("", Filter(channel="travel"))):
            whole = searching.search(filled, words, chosen)
            assert len(whole) == searching.count(filled, words, chosen) > 3
            pages = [searching.search(filled, words, chosen, most=3, skip=skip) for skip in range(0, len(whole), 3)]
            assert [one for page in pages for one in page] == whole

    def test_nothing_is_not_everything(self, filled: Desk) -> None:
        assert searching.search(filled, " ") == searching.search(filled, "*", Filter(channel="travel")) == []
        assert searching.count(filled, " ") == searching.count(filled, "*", Filter(channel="travel")) == 0


class TestCommands:
    @pytest.fixture
    def run(self, filled: Desk, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
        def run(command: str, *options: str, status: int = 0) -> str:
            words = [command, str(filled.folder.root), *options, "--passphrase-file", str(passphrase_file)]
            assert cli.main(words) == status
            out, err = capsys.readouterr()
            return err if status else out

        return run

    def test_list(self, run: Callable[..., str], filled: Desk) -> None:
        found = json.loads(run("list", "--country", "TH", "--urgent", "--sort", "id", "--json"))
        assert [one["id"] for one in found] == [
            one.case.name for one in filtering.find(filled, Filter(country="TH", urgent=True), "id")
        ]
        assert {"id", "channel", "status", "received", "urgent"} <= set(found[0])
        assert found[0]["flags"] == ["danger-now"]
        assert len(json.loads(run("list", "--mine", "--json"))) == 2
        assert len(json.loads(run("list", "--merged", "--json"))) == len(REPORTS)
        assert len(json.loads(run("list", "--json"))) == len(REPORTS) - 2
        assert "nobody has looked at it" in run("list", "--unseen")
        assert "merged into" in run("list", "--merged")
        assert "leave one of the options out" in run("list", "--tag", "nonsense")

    @pytest.mark.parametrize(
        ("option", "there_is"),
        [("--channel", "travel, grooming, website"), ("--flag", "danger-now"), ("--assigned", "default")],
    )
    def test_what_there_is_none_of_is_no_empty_list(self, run: Callable[..., str], option: str, there_is: str) -> None:
        for command in ("list", "search"):
            said = run(command, option, "non\x1bsense", status=1)
            assert "non<U+001B>sense: choose one of " in said
            assert there_is in said

    def test_what_the_rules_name_can_be_asked_for_though_no_case_has_it(
        self, run: Callable[..., str], filled: Desk
    ) -> None:
        assert "blackmail" not in filtering.choices(filled.casebook)["flag"]
        assert json.loads(run("list", "--flag", "blackmail", "--json")) == []
        (filled.folder.root / "triage.toml").write_text("not = rules")
        assert "choose one of child-under-6, danger-now." in run("list", "--flag", "blackmail", status=1)

    def test_search(self, run: Callable[..., str]) -> None:
        (found,) = json.loads(run("search", "--host", "bad.example", "--account", "nobody", "--json")) or [None]
        assert found is None
        shown = run("search", "--country", "Cambodia")
        assert "received 2026-11-23" in shown
        assert "[Words]" in run("search", "words", "--country", "KH")
        assert "Say what to look for" in run("search", status=1)
        assert "No country is called so" in run("search", "--country", "Atlantis", status=1)

    def test_what_is_no_month(self, filled: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(["list", str(filled.folder.root), "--month", "2026-13"])
        assert ended.value.code == 2
        assert "a month is written 2026-11" in capsys.readouterr().err
