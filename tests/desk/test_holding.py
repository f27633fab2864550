"""A hold, or a restriction, stops every erasing; it is shown, and it ends when somebody says so."""

import json
from datetime import date
from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import cases, contacts, custody, holding, persons, purging, retention, session
from portal.desk.cases import Case
from portal.desk.replies import reply
from portal.desk.retention import Rules
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import TRAVEL, PlayedPortal, draft
from tests.desk.test_cli import Terminal

LATER = date(2040, 1, 1)
CONTACT = {**TRAVEL, "contact": "details", "contact_name": "Maria Weiss", "contact_email": "m@post.example"}


@pytest.fixture
def case(desk: Desk, importing: Import, portal: PlayedPortal) -> Case:
    portal.file(draft(channel="travel", answers=CONTACT))
    importing(portal.export())
    return cases.find(desk.casebook, "2026-0001")


def close(desk: Desk, case: Case) -> None:
    """Closed, and the portal has the answer: nothing but the hold keeps it."""
    reply(desk, case, "closed", "", ["police"], desk.today)
    desk.casebook.run("UPDATE replies SET sealed = NULL, pack = 1")


def due(desk: Desk) -> list[str]:
    return [one.case.name for one in retention.due(desk.casebook, Rules(), LATER)]


def restrict(desk: Desk, case: Case) -> None:
    persons.decide(desk, case, "restriction", "asked")


def lift(desk: Desk, case: Case) -> None:
    persons.decide(desk, case, "unrestricted", "settled")


@pytest.mark.parametrize(("begin", "end"), [(holding.hold, holding.release), (restrict, lift)])
class TestNothingIsErased:
    def test_it_is_never_due(self, desk: Desk, case: Case, begin: object, end: object) -> None:
        close(desk, case)
        assert due(desk) == ["2026-0001"]
        begin(desk, case)  # type: ignore[operator]
        assert due(desk) == []
        end(desk, case)  # type: ignore[operator]
        assert due(desk) == ["2026-0001"]

    def test_nobody_can_purge_it(
        self, desk: Desk, case: Case, begin: object, end: object, channels: dict[str, Channel]
    ) -> None:
        begin(desk, case)  # type: ignore[operator]
        with pytest.raises(DeskError, match="it stays"):
            purging.purge(desk, [case], channels)
        assert cases.find(desk.casebook, case.name)
        end(desk, case)  # type: ignore[operator]
        purging.purge(desk, [case], channels)
        assert cases.listed(desk.casebook) == []

    def test_contact_data_stay_when_it_is_closed(self, desk: Desk, case: Case, begin: object, end: object) -> None:
        begin(desk, case)  # type: ignore[operator]
        close(desk, case)
        assert "contact_name" in cases.messages(desk.casebook, case)[0].report.answers
        assert retention.erase_contacts(desk) == []
        end(desk, case)  # type: ignore[operator]
        assert retention.erase_contacts(desk) == [case.name]
        (message,) = cases.messages(desk.casebook, case)
        assert contacts.is_erased(desk.casebook, message.id)
        assert "contact_name" not in message.report.answers


def test_a_purge_of_several_erases_none_of_them(
    desk: Desk, case: Case, importing: Import, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    portal.file(draft("another"))
    importing(portal.export())
    holding.hold(desk, case)
    with pytest.raises(DeskError, match="2026-0001 is held"):
        purging.purge(desk, [cases.find(desk.casebook, "2026-0002"), case], channels)
    assert len(cases.listed(desk.casebook)) == 2


def test_twice_is_refused(desk: Desk, case: Case) -> None:
    with pytest.raises(DeskError, match="is not held"):
        holding.release(desk, case)
    holding.hold(desk, case, " why\r\n")
    assert holding.find(desk.casebook, case) == holding.Hold(desk.today.isoformat(), "default", "why")
    with pytest.raises(DeskError, match="is held already"):
        holding.hold(desk, case)
    holding.release(desk, case)
    acts = [record.entry.act for record in custody.records(desk.casebook, case.name)]
    assert acts[-2:] == ["held", "released"]


def test_the_last_decision_counts(desk: Desk, case: Case) -> None:
    for decide in (restrict, lift, restrict):
        decide(desk, case)
    persons.decide(desk, case, "access", "a copy was sent")
    assert holding.is_restricted(desk.casebook, case)
    assert holding.kept(desk.casebook) == {case.id}
    assert cases.find(desk.casebook, case.name).restricted


class TestCommands:
    @pytest.fixture
    def run(self, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
        return Terminal(passphrase_file, capsys)

    @pytest.fixture
    def filled(self, root: Path, portal: PlayedPortal, run: Terminal) -> Path:
        portal.file(draft())
        run("import", root, portal.export(), "--portal-key", portal.key_file)
        return root

    def test_hold_shows_everywhere_until_release(self, filled: Path, run: Terminal, tmp_path: Path) -> None:
        (tmp_path / "why").write_text("order of the court \x1b[31m")
        assert "nothing of it is erased" in run("hold", filled, "2026-0001", "--reason-file", tmp_path / "why")
        assert "HELD" in run("list", filled)
        said = run("show", filled, "2026-0001")
        assert "HELD since" in said
        assert "order of the court" in said
        assert "\x1b" not in said
        assert json.loads(run("list", filled, "--json"))[0]["held"] is True
        shown = json.loads(run("show", filled, "2026-0001", "--json"))
        assert (shown["held"], shown["hold"]["person"]) == (True, "default")
        run("release", filled, "2026-0001")
        assert "HELD" not in run("list", filled)
        shown = json.loads(run("show", filled, "2026-0001", "--json"))
        assert (shown["held"], shown["hold"], shown["restricted"], shown["decisions"]) == (False, None, False, [])

    def test_a_restriction_shows_everywhere(self, filled: Path, run: Terminal) -> None:
        run("person", filled, "2026-0001", "--decide", "restriction")
        assert "RESTRICTED" in run("list", filled)
        assert "RESTRICTED since" in run("show", filled, "2026-0001")
        shown = json.loads(run("show", filled, "2026-0001", "--json"))
        assert shown["restricted"] is True
        assert [one["decision"] for one in shown["decisions"]] == ["restriction"]
        assert json.loads(run("list", filled, "--json"))[0]["restricted"] is True

    def test_purge_of_what_is_held_says_how_it_ends(self, filled: Path, run: Terminal) -> None:
        run("hold", filled, "2026-0001")
        run("purge", filled, "2026-0001", "--yes", status=1)
        assert "`desk release` ends the hold" in run.advice
        with session.open_desk(filled, PASSPHRASE) as opened:
            assert cases.find(opened.casebook, "2026-0001").held
