"""Packs that come half, twice, or from yesterday."""

import shutil
from pathlib import Path

import pytest

from portal import cli
from portal.trial.reporter import Page, Reporter
from tests.baddays.conftest import Strained
from tests.baddays.filing import check_it_is_taken_now, filing


def take(portal: Strained, pack: Path, capfd: pytest.CaptureFixture[str], status: int = 0) -> str:
    """Import a pack; the one line that is said."""
    capfd.readouterr()
    command = ["import", "--state", portal.state, "--keys", portal.keys, pack]
    assert cli.main(list(map(str, command))) == status
    out, err = capfd.readouterr()
    assert [out, err][1 - status] == ""
    return (out + err).strip()


def opened(portal: Strained, words: str) -> tuple[Reporter, Page]:
    reporter = Reporter(portal.url)
    return reporter, reporter.send(reporter.open("/en/mailbox").form("receipt"), {"receipt": words})


def answer(portal: Strained, case: str, text: str, pack: Path) -> None:
    """The desk answers a case, and makes a pack of it."""
    file = pack.with_suffix(".txt")
    file.write_text(text)
    portal.desks["ecpat"]("reply", case, "--status", "under-review", "--text-file", file)
    portal.desks["ecpat"]("pack", pack)


def test_half_twice_and_from_yesterday(portal: Strained, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given = filing(portal.url)
    words = check_it_is_taken_now(given)
    portal.exchange("ecpat")
    desk = portal.desks["ecpat"]
    case = next(case["id"] for case in desk.cases() if desk.show(case["id"])["messages"][0]["narrative"] == given.text)
    yesterday, today, half = tmp_path / "yesterday.tar", tmp_path / "today.tar", tmp_path / "half.tar"
    answer(portal, case, "The first answer.", yesterday)
    answer(portal, case, "The second answer.", today)

    size = yesterday.stat().st_size
    for kept in (0, 1, 700, size // 2, size - 1_500):
        shutil.copy(yesterday, half)
        with half.open("r+b") as file:
            file.truncate(kept)
        assert take(portal, half, capfd, status=1).startswith("error: ")
        assert opened(portal, words)[1].replies == []

    assert "1 new answer ready for reporters" in take(portal, yesterday, capfd)
    assert len(opened(portal, words)[1].replies) == 1
    assert take(portal, yesterday, capfd).endswith("or a later one, was taken before: nothing changed.")
    assert "1 new answer ready for reporters" in take(portal, today, capfd)
    reporter, page = opened(portal, words)
    assert len(page.replies) == 2
    while page.replies:
        page = reporter.send(page.form("reply"), {})
    for pack in (yesterday, today):
        assert take(portal, pack, capfd).endswith("or a later one, was taken before: nothing changed.")
    assert opened(portal, words)[1].replies == []
