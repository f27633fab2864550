"""What is left of a purged case, and what a later follow-up finds."""

import hashlib
from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import cases, looking, purging, retention, tombstones
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.referring.acting import Wish, refer
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.receipt import ThreadKeys
from portal.report import Status
from tests.desk.played import PlayedPortal, draft, report_json, reporter, said_id

FIRST, SECOND = "2026-0001", "2026-0002"


class Played:
    """One thread at a desk."""

    def __init__(self, desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
        self.desk, self.portal, self.channels = desk, portal, channels
        self.keys: ThreadKeys = reporter()

    def say(self, text: str, kind: str = "report", received: str = "2026-11-25") -> None:
        self.portal.file(draft(text, kind=kind), self.keys, received=received)  # type: ignore[arg-type]
        self.bring()

    def bring(self) -> None:
        import_bundle(self.desk, self.portal.export(), self.channels, Trust(self.portal.keys.public_key))

    def case(self, name: str) -> cases.Case:
        return cases.find(self.desk.casebook, name)

    def purge(self, name: str) -> None:
        purging.purge(self.desk, [self.case(name)], self.channels)

    @property
    def names(self) -> list[str]:
        return [case.name for case in cases.listed(self.desk.casebook)]


@pytest.fixture
def played(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]) -> Played:
    made = Played(desk, portal, channels)
    made.say("The report.")
    return made


@pytest.mark.parametrize("status", ["closed", "outside-remit", "forwarded-police"])
def test_a_follow_up_arrives_as_one_to_a_case_of_that_status(played: Played, status: Status) -> None:
    reply(played.desk, played.case(FIRST), status, "", ["police"], played.desk.today)
    played.purge(FIRST)
    played.portal.waiting.clear()
    played.say("And then?", "message")
    case = played.case(SECOND)
    assert case.status == status
    earlier = tombstones.earlier(played.desk.casebook, case.id)
    assert earlier is not None
    assert (earlier.name, earlier.status, earlier.manifest) == (FIRST, status, None)


def test_it_waits_to_be_read_before_it_goes_again(played: Played) -> None:
    reply(played.desk, played.case(FIRST), "closed", "", ["police"], played.desk.today)
    played.purge(FIRST)
    played.portal.waiting.clear()
    played.say("And then?", "message", "2020-01-01")
    rules = retention.shipped("ecpat")
    assert retention.due(played.desk.casebook, rules, played.desk.today) == []
    looking.look(played.desk, played.case(played.names[0]))
    assert [one.why for one in retention.due(played.desk.casebook, rules, played.desk.today)] == ["closed"]


def test_a_chain_of_purges_leads_to_the_last_one(played: Played) -> None:
    reply(played.desk, played.case(FIRST), "closed", "", ["police"], played.desk.today)
    played.purge(FIRST)
    played.portal.waiting.clear()
    played.say("Once more.", "message")
    played.purge(SECOND)
    played.portal.waiting.clear()
    played.say("A third time.", "message")
    earlier = tombstones.earlier(played.desk.casebook, played.case("2026-0003").id)
    assert earlier is not None
    assert (earlier.name, earlier.status) == (SECOND, "closed")


def test_another_reporter_has_no_earlier_case(played: Played) -> None:
    played.purge(FIRST)
    played.portal.waiting.clear()
    played.keys = reporter()
    played.say("Somebody else.")
    assert played.case(SECOND).status == cases.NEW
    assert tombstones.earlier(played.desk.casebook, played.case(SECOND).id) is None


def test_the_hash_of_the_last_referral_stays(played: Played, tmp_path: Path) -> None:
    for number in (1, 2):
        out = tmp_path / f"referral-{number}"
        refer(played.desk, played.case(FIRST), out, Wish(formats=("json",)), played.channels)
    locator = bytes(played.desk.casebook.one("SELECT locator FROM cases")[0])
    played.purge(FIRST)
    found = tombstones.find(played.desk.casebook, locator)
    assert found is not None
    assert found.manifest == hashlib.sha256((out / "manifest.json").read_bytes()).digest()


def test_a_name_is_never_given_twice(played: Played) -> None:
    played.purge(FIRST)
    assert tombstones.last_number(played.desk.casebook, 2026) == 1
    assert tombstones.last_number(played.desk.casebook, 2025) == 0
    played.portal.waiting.clear()
    played.keys = reporter()
    played.say("Somebody else.")
    assert played.names == [SECOND]


def test_what_is_left_names_neither_thread_nor_item(played: Played) -> None:
    casebook = played.desk.casebook
    (locator,), (item,) = casebook.one("SELECT locator FROM cases"), casebook.one("SELECT item FROM messages")
    played.purge(FIRST)
    kept = [
        value
        for table in ("tombstones", "gone_items")
        for row in casebook.all(f"SELECT * FROM {table}")
        for value in row
    ]
    assert not {bytes(locator), bytes(item)} & {value for value in kept if isinstance(value, bytes)}
    hashes = {hashlib.sha256(value).digest() for value in (locator, item)}
    assert not hashes & {value for value in kept if isinstance(value, bytes)}
    assert tombstones.is_gone(casebook, item)
    other = bytes.fromhex(said_id(report_json(reporter(), draft("never here"))))
    assert not tombstones.is_gone(casebook, other)


def test_what_waits_at_the_portal_still_is_acknowledged_and_not_stored(played: Played) -> None:
    played.purge(FIRST)
    played.bring()
    assert played.names == []
    assert played.desk.casebook.one("SELECT count(*) FROM arrivals") == (1,)
