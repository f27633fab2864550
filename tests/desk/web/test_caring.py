"""The counter of cases read, the reminder of a break, and looks that have to wait."""

from collections.abc import Callable

import pytest

from portal.channels import Channel
from portal.desk import custody, looking
from portal.desk.folder import Folder
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.session import working
from tests.desk.played import PlayedPortal, draft
from tests.desk.web.visiting import Opened, Visitor

Read = Callable[[int], None]


@pytest.fixture
def read(visitor: Visitor, portal: PlayedPortal, channels: dict[str, Channel]) -> Read:
    """Imports so many reports, and looks at each."""

    def all_of(count: int) -> None:
        for number in range(count):
            portal.file(draft(f"Number {number}."))
        door = visitor.opened.door
        with working(door.place, door.keyring(), writing=True, clock=door.now) as desk:
            import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        for number in range(1, count + 1):
            visitor.get(f"/case/2026-{number:04}")

    return all_of


def viewed(opened: Opened) -> list[str]:
    """The cases that the log says were looked at."""
    with working(opened.door.place, opened.door.keyring()) as desk:
        return [record.entry.case for record in custody.records(desk.casebook) if record.entry.act == "viewed"]


def test_proposed_put_away_and_proposed_again(visitor: Visitor, read: Read) -> None:
    read(20)
    page = visitor.get("/")
    assert "You have read 20 cases today." in page.successes
    visitor.submit(page.form("/break/seen"))
    assert "away from the screen" not in visitor.get("/").html


def test_a_case_that_is_read_again_counts_once(visitor: Visitor, read: Read) -> None:
    read(9)
    visitor.get("/case/2026-0001")
    page = visitor.get("/")
    assert "You have read 9 cases today." in page.html
    assert not page.successes


def test_switched_off_and_on(visitor: Visitor, read: Read) -> None:
    read(10)
    visitor.submit(visitor.get("/").form("/break/off"))
    assert not visitor.get("/").successes
    visitor.submit(visitor.get("/more").form("/break/on"))
    assert visitor.get("/").successes


def test_the_number_outlives_the_program(visitor: Visitor, read: Read) -> None:
    read(3)
    visitor.opened.door.lock()
    again = Visitor(Opened(visitor.opened.root)).enter()
    assert "You have read 3 cases today." in again.get("/").html
    again.opened.clock.forward(days=1)
    assert "You have read" not in next(again.get("/").find("main")).text


class TestAnotherCommandWrites:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(looking, "PATIENCE_SECONDS", 0.02)

    def test_the_look_is_written_with_the_next(self, visitor: Visitor, read: Read) -> None:
        read(1)
        visitor.opened.clock.forward(days=1)
        before = viewed(visitor.opened)
        with Folder(visitor.opened.root).lock():
            assert visitor.get("/case/2026-0001").status == 200
            assert "You have read 1 case today." in visitor.get("/").html
        assert viewed(visitor.opened) == before
        visitor.get("/case/2026-0001")
        assert viewed(visitor.opened) == [*before, "2026-0001"]
        assert "You have read 1 case today." in visitor.get("/").html

    def test_or_when_the_desk_is_locked(self, visitor: Visitor, read: Read) -> None:
        read(1)
        visitor.opened.clock.forward(days=1)
        before = viewed(visitor.opened)
        with Folder(visitor.opened.root).lock():
            visitor.get("/case/2026-0001")
        visitor.opened.door.lock()
        assert viewed(Opened(visitor.opened.root)) == [*before, "2026-0001"]
