"""The disk is full: at each write, what is said, that nothing is left half, and that all goes on when there is room."""

import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from portal import cli
from portal.age import HybridIdentity
from portal.limits import KIB, MIB
from portal.trial.reporter import Reporter
from tests.baddays.conftest import FULL, Strained
from tests.baddays.filing import check_it_is_taken_now, filing

FULL_STATUS = HTTPStatus.INSUFFICIENT_STORAGE


@pytest.fixture(autouse=True)
def _nothing_is_left(portal: Strained) -> Iterator[None]:
    before = {path.name for path in portal.state.iterdir()}
    yield
    assert {path.name for path in portal.state.iterdir()} - {FULL} == before
    assert os.listdir(portal.state / "spool") == []


def refused(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one line of a command that fails."""
    capfd.readouterr()
    assert cli.main(list(map(str, arguments))) == 1
    out, err = capfd.readouterr()
    assert out == ""
    [line] = err.splitlines()
    return line


def test_a_text_is_given_back_and_taken_later(portal: Strained) -> None:
    given, before, said = filing(portal.url), portal.items(), len(portal.said())
    with portal.disk_full():
        page = given.send()
        assert page.status == FULL_STATUS
        assert "The portal has no room left" in page.body.decode()
        assert given.is_kept_on(page)
        assert portal.items() == before
        assert "There is no room left for the database: free some space on its disk" in portal.said(said)
    check_it_is_taken_now(given)
    assert portal.items() == before + 1


def test_pages_and_mailboxes_need_no_room(portal: Strained) -> None:
    words = check_it_is_taken_now(filing(portal.url))
    with portal.disk_full():
        reporter = Reporter(portal.url)
        mailbox = reporter.send(reporter.open("/en/mailbox").form("receipt"), {"receipt": words})
        assert mailbox.status == 200
        assert "There is nothing here, or nothing yet." in mailbox.body.decode()


def test_a_file_that_finds_no_room_while_it_comes(portal: Strained) -> None:
    given, before = filing(portal.url, size=2 * MIB), portal.items()
    with portal.disk_full(but=MIB):
        page = given.send()
        assert page.status == FULL_STATUS
        assert "Send it without the files." in page.body.decode()
        assert portal.items() == before
    check_it_is_taken_now(given)


def test_a_file_that_is_sealed_and_finds_no_room_in_the_database(portal: Strained) -> None:
    given, before = filing(portal.url, size=4 * MIB), portal.items()
    with portal.disk_full(but=6 * MIB):
        page = given.send()
        assert page.status == FULL_STATUS
        assert "The portal has no room for files right now" in page.body.decode()
        assert given.is_kept_on(page)
        assert portal.items() == before
    check_it_is_taken_now(given)


def test_a_bundle(portal: Strained, capfd: pytest.CaptureFixture[str]) -> None:
    check_it_is_taken_now(filing(portal.url, size=2 * MIB))
    out = portal.state / "bundle.tar"
    with portal.disk_full(but=MIB):
        line = refused(capfd, "export", "--state", portal.state, "--desk", "police", out)
        assert line == f"error: {out}: No space left on device: mend that, then try again."
        assert not out.exists()
    assert cli.main(["export", "--state", str(portal.state), "--desk", "police", str(out)]) == 0
    out.unlink()


def test_a_pack(portal: Strained, capfd: pytest.CaptureFixture[str]) -> None:
    words = check_it_is_taken_now(filing(portal.url))
    desk, bundle, pack = portal.desks["ecpat"], portal.folder / "for.tar", portal.folder / "from.tar"
    portal("export", "--state", portal.state, "--desk", "ecpat", bundle)
    desk("import", bundle, "--portal-key", portal.state / "portal.pub")
    desk("pack", pack)
    before = portal.items()
    take = ("import", "--state", portal.state, "--keys", portal.keys, pack)
    with portal.disk_full():
        line = refused(capfd, *take)
        assert line.startswith("error: There is no room left for the database: free some space on its disk")
        assert portal.items() == before
    portal(*take)
    assert portal.items() < before
    assert words


def test_a_backup(portal: Strained, capfd: pytest.CaptureFixture[str]) -> None:
    check_it_is_taken_now(filing(portal.url, size=3 * MIB))
    recipient = str(HybridIdentity.generate().recipient)
    inside, outside = portal.state / "backup.age", portal.folder / "backup.age"
    with portal.disk_full(but=MIB):
        line = refused(capfd, "backup", "--state", portal.state, inside, "--to", recipient)
        assert "No space left on device: mend that, then try again." in line
        assert not inside.exists()
        # A large item waits in the spool: that it is full, and not the place of the backup, is what has to be said.
        line = refused(capfd, "backup", "--state", portal.state, outside, "--to", recipient)
        assert line == f"error: {portal.state / 'spool'}: No space left on device: mend that, then try again."
        assert not outside.exists()
    assert cli.main(["backup", "--state", str(portal.state), str(outside), "--to", recipient]) == 0
    outside.unlink()


def test_the_nightly_rewrite(portal: Strained, capfd: pytest.CaptureFixture[str]) -> None:
    with portal.disk_full(but=256 * KIB):
        line = refused(capfd, "tend", "--state", portal.state)
        assert line.startswith("error: There is no room left for the database: free some space on its disk")
    assert cli.main(["tend", "--state", str(portal.state)]) == 0


def test_a_new_portal(portal: Strained, capfd: pytest.CaptureFixture[str]) -> None:
    new = portal.state / "new"
    with portal.disk_full():
        line = refused(capfd, "init", "--state", new)
        assert line.startswith("error: ")
        assert "cannot be written" in line or "no room left" in line
    assert cli.main(["init", "--state", str(new)]) == 0
    for path in sorted(new.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    new.rmdir()
