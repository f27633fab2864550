"""An answer that has not left can be withdrawn, and its case stands as if it had never been written."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.desk import cases, cli, custody, portals, searching
from portal.desk.cases import Case
from portal.desk.packing import make_pack
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.withdrawing import waiting, withdraw
from portal.errors import DeskError
from portal.receipt import ThreadKeys
from portal.report import Reply, Status
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft, reporter


@pytest.fixture
def keys(portal: PlayedPortal, importing: Import) -> ThreadKeys:
    keys = reporter()
    portal.file(draft("one"), keys)
    importing(portal.export())
    return keys


@pytest.fixture
def case(desk: Desk, keys: ThreadKeys) -> Case:
    return cases.find(desk.casebook, "2026-0001")


def answer(desk: Desk, case: Case, status: Status, day: int = 26, text: str = "Wrongly said.") -> Reply:
    return reply(desk, case, status, text, [desk.name], date(2026, 11, day))


def state(desk: Desk) -> tuple[Any, ...]:
    return desk.casebook.one("SELECT status, answered, looked, unseen, asked FROM cases")


def numbers(desk: Desk, case: Case) -> list[int]:
    return [answer.reply.number for answer in cases.answers(desk.casebook, case)]


def test_everything_is_as_before(desk: Desk, case: Case) -> None:
    steps = [state(desk)]
    for day, status in enumerate(("question", "under-review", "question", "closed"), 26):
        answer(desk, case, status, day)  # type: ignore[arg-type]
        steps.append(state(desk))
    assert steps[0] == ("received", None, None, "2026-11-25", None)
    assert steps[1] == ("question", "2026-11-26", "2026-11-26", None, "2026-11-26")
    for number in (4, 3, 2, 1):
        steps.pop()
        gone = withdraw(desk, case)
        assert gone.reply.number == number
        assert state(desk) == steps[-1]
        assert gone.status == steps[-1][0]
    assert numbers(desk, case) == []
    assert searching.search(desk, "Wrongly") == []
    assert answer(desk, case, "closed").number == 1


def test_one_before_the_last(desk: Desk, case: Case) -> None:
    """The status is that of the last answer; when that goes as well, the case stands as at first."""
    first = state(desk)
    answer(desk, case, "question", 26)
    answer(desk, case, "closed", 27)
    gone = withdraw(desk, case, 1)
    assert (gone.reply.status, gone.status) == ("question", "closed")
    assert state(desk) == ("closed", "2026-11-27", "2026-11-26", None, None)
    assert numbers(desk, case) == [2]
    withdraw(desk, case)
    assert state(desk) == first


def test_a_message_that_came_since_stays_unseen(
    desk: Desk, case: Case, portal: PlayedPortal, keys: ThreadKeys, importing: Import
) -> None:
    answer(desk, case, "question", 26)
    answer(desk, case, "closed", 27)
    portal.file(draft("more", kind="message"), keys, received="2026-11-28")
    importing(portal.export())
    withdraw(desk, case)
    assert state(desk) == ("question", "2026-11-26", "2026-11-26", "2026-11-28", None)


def test_what_a_pack_has_carried_stays(desk: Desk, case: Case, tmp_path: Path) -> None:
    answer(desk, case, "question")
    make_pack(desk, portals.find(desk.casebook, None), tmp_path / "1")
    with pytest.raises(DeskError, match="No answer of 2026-0001 waits for a pack"):
        withdraw(desk, case)
    answer(desk, case, "closed")
    assert waiting(desk.casebook, case) == [2]
    with pytest.raises(DeskError, match="Answer 1 of 2026-0001 has left with a pack"):
        withdraw(desk, case, 1)
    with pytest.raises(DeskError, match="has no answer 3"):
        withdraw(desk, case, 3)
    withdraw(desk, case)
    assert state(desk)[0] == "question"
    make_pack(desk, portals.find(desk.casebook, None), tmp_path / "2")
    assert numbers(desk, case) == [1]


def test_what_a_transfer_said_stays(desk: Desk, case: Case) -> None:
    """Else the other desk would have the case, and this one what the reporter writes next."""
    reply(desk, case, "forwarded-stopline", "", ["stopline"], date(2026, 11, 26))
    desk.casebook.run(
        "INSERT INTO transfers (id, case_id, desk, day, sha256, message, note, entry) VALUES (?, ?, ?, ?, ?, 0, 0, 0)",
        *(bytes(16), case.id, "stopline", "2026-11-26", bytes(32)),
    )
    with pytest.raises(DeskError, match="is with the desk stopline, to which it was handed"):
        withdraw(desk, case)
    assert numbers(desk, case) == [1]
    answer(desk, case, "closed")
    assert withdraw(desk, case).reply.number == 2


def test_the_log_keeps_that_it_was_there(desk: Desk, case: Case) -> None:
    said = answer(desk, case, "closed")
    withdraw(desk, case)
    record = list(custody.records(desk.casebook, case.name))[-1]
    assert record.entry.act == "withdrawn"
    assert record.details is not None
    assert (record.details["id"], record.details["number"], record.details["status"]) == (said.id, 1, "closed")
    assert custody.check(desk.casebook, [desk.keyring.verify_key]) > 0


def test_the_command(root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a desk whose only case came by telephone there is nothing to withdraw."""
    words = ["--passphrase-file", str(passphrase_file)]
    (root.parent / "text").write_text("told")
    added = ["add", str(root), "--channel", "website", "--text-file", str(root.parent / "text")]
    assert cli.main([*added, *words]) == 0
    (name,) = [word for word in capsys.readouterr().out.split() if word.startswith("20")]
    assert cli.main(["withdraw", str(root), name, *words]) == 1
    assert "No answer of" in capsys.readouterr().err


def test_the_command_says_what_it_did(
    portal: PlayedPortal, root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.file(draft("one"), reporter())
    words = ["--passphrase-file", str(passphrase_file)]
    assert cli.main(["import", str(root), str(portal.export()), "--portal-key", str(portal.key_file), *words]) == 0
    assert cli.main(["reply", str(root), "2026-0001", "--status", "closed", *words]) == 0
    capsys.readouterr()
    assert cli.main(["withdraw", str(root), "2026-0001", "1", *words]) == 0
    said = capsys.readouterr()
    assert said.out == "Answer 1 to 2026-0001 is withdrawn; the case's status is received.\n"
    assert "do not come back" in said.err
