"""Contact data of the reporter are gone from the casebook when a case is closed, and from nothing before."""

from typing import Any

import pytest

from portal.age import decrypt
from portal.channels import Channel
from portal.desk import cases, contacts, custody, looking, preferences, retention, searching, verifying
from portal.desk.cases import Case
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.retention import Rules
from portal.desk.session import Desk
from portal.parcel import Parcel
from portal.report import STATUSES
from tests.desk.conftest import Import
from tests.desk.played import TRAVEL, PlayedPortal, draft, reporter

DATA = {"contact_name": "Xenia Kowalczyk", "contact_email": "xenia@post.example", "contact_phone": "+352 621 777 888"}
ANSWERS = {**TRAVEL, "contact": "details", "contact_consent": ["police"], **DATA}
CASE = "2026-0001"


@pytest.fixture
def case(desk: Desk, importing: Import, portal: PlayedPortal) -> Case:
    portal.file(draft("A hotel.", channel="travel", answers=ANSWERS))
    importing(portal.export())
    return cases.find(desk.casebook, CASE)


def answers(desk: Desk) -> dict[str, Any]:
    return cases.messages(desk.casebook, cases.find(desk.casebook, CASE))[0].report.answers


def finds(desk: Desk, word: str) -> bool:
    return bool(searching.search(desk, word))


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "closed"])
def test_no_other_status_erases(desk: Desk, case: Case, status: Any) -> None:
    reply(desk, case, status, "", ["police"], desk.today)
    assert DATA.items() <= answers(desk).items()
    assert retention.erase_contacts(desk) == []


def test_closed_erases_them_wherever_the_casebook_has_them(desk: Desk, case: Case) -> None:
    assert finds(desk, "Kowalczyk")
    reply(desk, case, "closed", "", ["police"], desk.today)
    left = answers(desk)
    assert not DATA.keys() & left.keys()
    assert (left["contact"], left["contact_consent"], left["country"]) == ("details", ["police"], "TH")
    assert not finds(desk, "Kowalczyk")
    assert finds(desk, "hotel")
    for table in ("messages", "log_details", "texts", "marks", "passages"):
        rows = str(desk.casebook.all(f"SELECT * FROM {table}"))
        assert not any(value in rows for value in DATA.values()), table
    (record,) = [one for one in custody.records(desk.casebook, CASE) if one.entry.act == "contact-erased"]
    assert record.details == {"messages": 1}


def test_the_evidence_stays_as_it_came(desk: Desk, case: Case) -> None:
    reply(desk, case, "closed", "", ["police"], desk.today)
    (message,) = cases.messages(desk.casebook, case)
    sealed = desk.folder.sealed(message.sha256).read_bytes()
    assert b"Kowalczyk" in Parcel(decrypt(desk.keyring.opening(), [sealed])).front.report
    assert verifying.verify(desk.folder, desk.keyring)


def test_the_same_item_again_is_known_still(desk: Desk, case: Case, importing: Import, portal: PlayedPortal) -> None:
    reply(desk, case, "closed", "", ["police"], desk.today)
    outcome = importing(portal.export())
    assert (outcome.known, outcome.quarantined) == (1, [])
    assert not DATA.keys() & answers(desk).keys()


def test_a_desk_can_keep_them(desk: Desk, case: Case) -> None:
    preferences.put(desk, retention.KEY, Rules(erase_contact=False))
    reply(desk, case, "closed", "", ["police"], desk.today)
    assert retention.erase_contacts(desk) == []
    assert DATA.items() <= answers(desk).items()


def test_what_comes_to_a_closed_case_goes_when_it_was_read(
    desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    keys = reporter()
    portal.file(draft("A hotel.", channel="travel"), keys)
    import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    reply(desk, cases.find(desk.casebook, CASE), "closed", "", ["police"], desk.today)
    portal.file(draft("Write to me.", channel="travel", answers=ANSWERS), keys)
    import_bundle(desk, portal.export(), channels, Trust())
    assert retention.erase_contacts(desk) == []
    assert finds(desk, "Kowalczyk")
    looking.look(desk, cases.find(desk.casebook, CASE))
    assert [case.name for case in contacts.due(desk.casebook)] == [CASE]
    assert retention.erase_contacts(desk) == [CASE]
    assert not finds(desk, "Kowalczyk")
    assert retention.erase_contacts(desk) == []
