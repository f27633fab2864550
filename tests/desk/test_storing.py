"""What a full disk leaves behind: no file that nobody knows."""

from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import cases
from portal.desk.adding import Told, add
from portal.desk.session import Desk
from portal.desk.storing import storing
from portal.errors import DeskError
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft


@pytest.fixture
def full(desk: Desk) -> Desk:
    """The casebook takes no page more."""
    (pages,) = desk.casebook.one("PRAGMA page_count")
    desk.casebook.run(f"PRAGMA max_page_count = {pages}")
    return desk


def files(desk: Desk) -> list[Path]:
    return sorted(desk.folder.sealed_items.iterdir())


def test_a_report_that_was_told(full: Desk, channels: dict[str, Channel]) -> None:
    with pytest.raises(DeskError, match="disk is full"):
        add(full, Told("other", "phone", "word " * 4000), channels)
    assert (files(full), cases.listed(full.casebook)) == ([], [])


def test_a_report_that_was_imported_comes_again(full: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("word " * 4000))
    bundle = portal.export()
    with pytest.raises(DeskError, match="disk is full"):
        importing(bundle)
    assert files(full) == []
    full.casebook.run("PRAGMA max_page_count = 100000")
    assert len(importing(bundle).cases) == 1
    assert len(files(full)) == 1


def test_what_the_casebook_knows_stays(desk: Desk, channels: dict[str, Channel]) -> None:
    case = add(desk, Told("other", "phone", "Something."), channels)
    (message,) = cases.messages(desk.casebook, case)
    with pytest.raises(ZeroDivisionError), storing(desk, message.sha256):
        raise ZeroDivisionError
    assert files(desk) == [desk.folder.sealed(message.sha256)]
