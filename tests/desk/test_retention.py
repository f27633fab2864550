"""Rules per desk and status, and what is due by them."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.channels import Channel
from portal.desk import bulk, cases, custody, looking, origins, preferences, retention, session
from portal.desk.adding import Told, add
from portal.desk.cases import Case
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.referring.acting import Wish, refer
from portal.desk.replies import reply
from portal.desk.retention import FORWARDED_DAYS, OUTSIDE_DAYS, REVIEW_DAYS, Rules
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.receipt import ThreadKeys
from portal.report import Status
from tests.clock import Clock
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.test_cli import Terminal
from tests.desk.two_desks import World

FIRST = date(2026, 1, 10)
"""The day on which the case comes in."""
CASE = "2026-0001"
FAR = 3_000
"""Days after which everything is due that ever will be."""


class Played:
    """A desk that plays through days: one case, and what is done with it when."""

    def __init__(self, desk: Desk, clock: Clock, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
        self.desk, self._clock, self._portal, self._channels = desk, clock, portal, channels
        self._keys: ThreadKeys = reporter()
        self.on(FIRST)
        self.say("A hotel.")

    def on(self, day: date) -> "Played":
        self._clock.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return self

    def after(self, days: int) -> "Played":
        return self.on(self._clock.now.date() + timedelta(days=days))

    def say(self, text: str, kind: Any = "report") -> None:
        today = self._clock.now.date().isoformat()
        self._portal.file(draft(text, channel="travel", kind=kind), self._keys, received=today)
        import_bundle(self.desk, self._portal.export(), self._channels, Trust(self._portal.keys.public_key))

    def look(self) -> None:
        looking.look(self.desk, self.case)

    @property
    def case(self) -> Case:
        return cases.find(self.desk.casebook, CASE)

    def answer(self, status: Status, *, packed: bool = True) -> None:
        reply(self.desk, self.case, status, "", ["police"], self.desk.today)
        if packed:
            self.desk.casebook.run("UPDATE replies SET pack = 1")

    def due(self, rules: Rules, days: int) -> list[tuple[str, str]]:
        """What is due so many days after the first: why, and since when."""
        found = retention.due(self.desk.casebook, rules, FIRST + timedelta(days=days))
        return [(one.why, one.since.isoformat()) for one in found]

    def first_day(self, rules: Rules) -> tuple[int, str] | None:
        """How many days after the first it becomes due, and why."""
        found = retention.due(self.desk.casebook, rules, FIRST + timedelta(days=FAR))
        if not found:
            return None
        days = (found[0].since - FIRST).days
        assert self.due(rules, days)
        assert not self.due(rules, days - 1)
        return days, found[0].why


@pytest.fixture
def played(root: Path, portal: PlayedPortal, channels: dict[str, Channel]) -> Any:
    clock = Clock()
    with session.open_desk(root, PASSPHRASE, writing=True, clock=clock) as desk:
        yield Played(desk, clock, portal, channels)


SHIPPED, POLICE = retention.shipped("stopline"), retention.shipped("police")


def test_what_is_shipped() -> None:
    assert (OUTSIDE_DAYS, FORWARDED_DAYS) == (30, 90)
    assert retention.shipped("ecpat") == SHIPPED == Rules("", "gdpr", 30, 90, None, True)
    assert Rules("", "directive-2016-680", None, None, REVIEW_DAYS, True) == POLICE


@pytest.mark.parametrize(
    ("status", "after", "why"),
    [
        ("outside-remit", 30, "outside-remit"),
        ("forwarded-police", 90, "forwarded"),
        ("forwarded-stopline", 90, "forwarded"),
        ("forwarded-other", 90, "forwarded"),
        ("closed", 90, "closed"),
        ("content-gone", 90, "closed"),
    ],
)
def test_each_status_has_its_time(played: Played, status: Status, after: int, why: str) -> None:
    played.after(5).answer(status)
    assert played.first_day(SHIPPED) == (5 + after, why)
    (one,) = retention.due(played.desk.casebook, SHIPPED, date(2030, 1, 1))
    assert one.goes


@pytest.mark.parametrize("status", ["under-review", "question"])
def test_what_is_open_never_goes(played: Played, status: Status) -> None:
    played.answer(status)
    assert played.first_day(SHIPPED) is None


@pytest.mark.parametrize("status", ["under-review", "question", "outside-remit", "forwarded-other", "closed"])
def test_the_police_reviews_everything_and_nothing_goes(played: Played, status: Status) -> None:
    played.after(5).answer(status)
    assert played.first_day(POLICE) == (5 + REVIEW_DAYS, "review")
    (one,) = retention.due(played.desk.casebook, POLICE, date(2030, 1, 1))
    assert not one.goes


def test_a_review_puts_the_next_one_off(played: Played) -> None:
    played.answer("under-review")
    retention.review(played.after(400).desk, played.case)
    assert played.first_day(POLICE) == (400 + REVIEW_DAYS, "review")
    assert list(custody.records(played.desk.casebook, CASE))[-1].entry.act == "reviewed"


def test_a_desk_without_review_dates_has_nothing_to_review(played: Played) -> None:
    preferences.put(played.desk, retention.KEY, SHIPPED)
    with pytest.raises(DeskError, match="has no review dates"):
        retention.review(played.desk, played.case)


def test_closed_after_a_forwarding_counts_from_the_forwarding(played: Played) -> None:
    played.after(5).answer("forwarded-police")
    played.after(40).answer("closed")
    assert played.first_day(SHIPPED) == (5 + 90, "forwarded")


def test_the_last_forwarding_counts(played: Played, tmp_path: Path, channels: dict[str, Channel]) -> None:
    played.after(5).answer("forwarded-police")
    refer(played.after(20).desk, played.case, tmp_path / "referral", Wish(formats=("json",)), channels)
    assert played.first_day(SHIPPED) == (25 + 90, "forwarded")


def test_the_last_answer_with_the_status_counts(played: Played) -> None:
    played.after(5).answer("outside-remit")
    played.after(10).answer("under-review")
    played.after(10).answer("outside-remit")
    assert played.first_day(SHIPPED) == (25 + 30, "outside-remit")


def test_nothing_is_due_while_something_waits_to_be_read(played: Played) -> None:
    played.answer("closed")
    played.after(10).say("And this.", "message")
    assert played.first_day(SHIPPED) is None
    played.look()
    assert played.first_day(SHIPPED) == (90, "closed")


def test_nor_while_an_answer_waits_for_its_pack(played: Played) -> None:
    played.answer("closed", packed=False)
    assert played.first_day(SHIPPED) is None


def test_a_report_by_telephone_counts_from_the_day_of_its_status(played: Played, channels: dict[str, Channel]) -> None:
    played.on(FIRST)
    told = Told("website", "phone", "A page.", {"urls": ["http://bad.example/"]}, "en", FIRST)
    name = add(played.desk, told, channels).name
    played.look()
    looking.look(played.desk, cases.find(played.desk.casebook, name))
    assert origins.source(played.desk.casebook, cases.find(played.desk.casebook, name)) == "phone"
    bulk.set_status(played.after(200).desk, [name], bulk.Wish("closed"))
    assert played.first_day(SHIPPED) == (200 + 90, "closed")


def test_the_longest_due_come_first(played: Played, portal: PlayedPortal) -> None:
    played.say("another", "message")
    portal.file(draft("A second."), received=FIRST.isoformat())
    played.say("again", "message")
    played.after(3).answer("outside-remit")
    reply(played.desk, cases.find(played.desk.casebook, "2026-0002"), "closed", "", ["police"], FIRST)
    played.desk.casebook.run("UPDATE replies SET pack = 1")
    found = retention.due(played.desk.casebook, SHIPPED, FIRST + timedelta(days=500))
    assert [(one.case.name, one.why) for one in found] == [(CASE, "outside-remit"), ("2026-0002", "closed")]
    assert found[0].since < found[1].since


def test_a_number_of_days_may_be_null_or_none(played: Played) -> None:
    played.answer("closed")
    assert played.first_day(Rules(forwarded_days=None)) is None
    assert played.first_day(Rules(forwarded_days=0)) == (0, "closed")
    assert played.first_day(Rules(forwarded_days=None, review_days=10)) == (10, "review")


class TestCommands:
    @pytest.fixture
    def run(self, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
        return Terminal(passphrase_file, capsys)

    @pytest.fixture
    def filled(self, root: Path, portal: PlayedPortal, run: Terminal, tmp_path: Path) -> Path:
        """Two cases of long ago, one of them outside the remit."""
        for text in ("one", "two"):
            portal.file(draft(text), received="2020-01-01")
        run("import", root, portal.export(), "--portal-key", portal.key_file)
        run("reply", root, "2020-0001", "--status", "outside-remit")
        run("pack", root, tmp_path / "pack.tar")
        return root

    def set_rules(self, run: Terminal, root: Path, rules: str) -> None:
        file = root.parent / "rules"
        file.write_text(rules)
        run("settings", root, "retention", "--value-file", file)

    def test_the_due_list(self, filled: Path, run: Terminal) -> None:
        said = run("retention", filled)
        assert "Law: Directive (EU) 2016/680" in said
        assert "Everything else: to be reviewed after 365 days" in said
        assert "Nothing is due." in said
        self.set_rules(run, filled, '{"controller":"ECPAT, Luxembourg","outside_remit_days":0,"forwarded_days":90}')
        said = run("retention", filled)
        assert "Controller: ECPAT, Luxembourg" in said
        assert "2020-0001" in said
        assert "purge" in run.advice
        found = json.loads(run("retention", filled, "--json"))
        assert [(one["id"], one["why"], one["goes"]) for one in found["due"]] == [("2020-0001", "outside-remit", True)]
        assert found["rules"]["regime"] == "gdpr"

    def test_purge_due_takes_what_is_due_and_nothing_else(self, filled: Path, run: Terminal) -> None:
        assert "No case is due." in run("purge", filled, "--due", "--yes")
        self.set_rules(run, filled, '{"outside_remit_days":0}')
        assert "Erased: 1 case, 1 message" in run("purge", filled, "--due", "--yes")
        assert [one["id"] for one in json.loads(run("list", filled, "--json"))] == ["2020-0002"]

    def test_a_review_is_never_purged(self, filled: Path, run: Terminal) -> None:
        self.set_rules(run, filled, '{"outside_remit_days":null,"forwarded_days":null,"review_days":0}')
        found = json.loads(run("retention", filled, "--json"))["due"]
        assert {one["why"] for one in found} == {"review"}
        assert not any(one["goes"] for one in found)
        assert "No case is due." in run("purge", filled, "--due", "--yes")
        assert len(json.loads(run("list", filled, "--json"))) == 2

    def test_review(self, filled: Path, run: Terminal) -> None:
        assert "is still needed" in run("review", filled, "2020-0001")
        self.set_rules(run, filled, '{"outside_remit_days":0}')
        assert "no review dates" in run.error("review", filled, "2020-0001")

    def test_purge_needs_a_word(self, filled: Path, run: Terminal) -> None:
        assert "give --yes" in run.error("purge", filled, "2020-0001")
        with pytest.raises(SystemExit):
            run("purge", filled)


def test_what_another_desk_decided_before_does_not_count(world: World) -> None:
    world.take(world.hand_over()[1])
    case = cases.find(world.other.casebook, "2026-0002")
    world.other.casebook.run(
        "UPDATE replies SET reply = CAST(json_replace(CAST(reply AS TEXT), '$.day', '2020-01-01') AS BLOB)"
    )
    looking.look(world.other, case)
    reply(world.other, case, "closed", "", ["stopline"], world.other.today)
    world.other.casebook.run("UPDATE replies SET pack = 1 WHERE sealed IS NOT NULL")
    (one,) = [
        one for one in retention.due(world.other.casebook, SHIPPED, date(2040, 1, 1)) if one.case.name == case.name
    ]
    assert (one.why, one.since) == ("closed", world.other.today + timedelta(days=90))
