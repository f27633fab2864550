"""Who looked at what: recorded once a person, case and day, and never in the way of whoever only wants to read."""

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import care, cases, cli, custody, looking, merging, session
from portal.desk.cases import Case
from portal.desk.folder import Folder
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.statistics.facts import gather
from portal.receipt import ThreadKeys
from tests.clock import Clock
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import DAY, PlayedPortal, draft, reporter

FILE = b"\xff\xd8\xff\xe0 not really a picture"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys() -> ThreadKeys:
    return reporter()


@pytest.fixture
def filled(root: Path, portal: PlayedPortal, channels: dict[str, Channel], keys: ThreadKeys, clock: Clock) -> Path:
    """The folder of a desk with one case that has a file, received on DAY."""
    portal.file(draft("One.", channel="travel", files=[FILE]), keys, [FILE])
    with session.open_desk(root, PASSPHRASE, writing=True, clock=clock) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    return root


@pytest.fixture
def desk(filled: Path, clock: Clock) -> Iterator[Desk]:
    """It, open for reading."""
    with session.open_desk(filled, PASSPHRASE, clock=clock) as opened:
        yield opened


@pytest.fixture
def case(desk: Desk) -> Case:
    return cases.find(desk.casebook, "2026-0001")


def as_(desk: Desk, person: str) -> Desk:
    return dataclasses.replace(desk, keyring=dataclasses.replace(desk.keyring, person=person))


def views(desk: Desk) -> list[tuple[str, str, object]]:
    """Person, day and details of every act "viewed"."""
    return [
        (record.entry.person, record.entry.at[:10], record.details)
        for record in custody.records(desk.casebook, "2026-0001")
        if record.entry.act == "viewed"
    ]


def state(desk: Desk) -> tuple[object, ...]:
    return desk.casebook.one("SELECT looked, unseen FROM cases WHERE name = '2026-0001'")


def test_the_first_look(desk: Desk, case: Case) -> None:
    assert state(desk) == (None, DAY)
    assert looking.try_to_look(desk, case) == ""
    assert state(desk) == (desk.today.isoformat(), None)
    assert views(desk) == [("default", desk.today.isoformat(), {})]
    custody.check(desk.casebook, [desk.keyring.verify_key])


def test_once_a_person_a_case_and_a_day(desk: Desk, case: Case, clock: Clock) -> None:
    first = desk.today.isoformat()
    for _ in range(3):
        assert looking.try_to_look(desk, case) == ""
    clock.forward(days=1)
    for _ in range(3):
        assert looking.try_to_look(desk, case) == ""
    second = desk.today.isoformat()
    assert [(person, day) for person, day, _ in views(desk)] == [("default", first), ("default", second)]
    assert state(desk) == (first, None), "the first look stays the first"
    assert desk.casebook.all("SELECT person, day FROM looks ORDER BY day") == [("default", first), ("default", second)]


def test_two_people(filled: Path, clock: Clock) -> None:
    with session.open_desk(filled, PASSPHRASE, writing=True, clock=clock) as desk:
        case = cases.find(desk.casebook, "2026-0001")
        for person in ("anouk", "bruno", "anouk"):
            looking.look(as_(desk, person), case)
        assert [person for person, _, _ in views(desk)] == ["anouk", "bruno"]
        assert care.read_on(desk.casebook, "anouk", desk.today) == 1
        assert care.read_on(desk.casebook, "claire", desk.today) == 0


def test_what_comes_later_on_the_day_of_a_look_is_unseen_until_the_next(
    desk: Desk, case: Case, portal: PlayedPortal, channels: dict[str, Channel], keys: ThreadKeys, clock: Clock
) -> None:
    looking.try_to_look(desk, case)
    portal.file(draft("More.", channel="travel", kind="message"), keys, received="2026-11-26")
    with session.working(desk.folder, desk.keyring, writing=True, clock=clock) as writing:
        import_bundle(writing, portal.export(), channels, Trust(portal.keys.public_key))
    assert state(desk)[1] == "2026-11-26"
    assert looking.try_to_look(desk, case) == ""
    assert state(desk)[1] is None
    assert len(views(desk)) == 1


def test_an_attachment_apart_from_its_case(desk: Desk, case: Case) -> None:
    for _ in range(2):
        looking.try_to_look(desk, case, 1)
    assert [details for _, _, details in views(desk)] == [{"attachment": 1}]
    assert state(desk) == (None, DAY), "who looks at a file alone has not read the case"
    looking.try_to_look(desk, case)
    assert [details for _, _, details in views(desk)] == [{"attachment": 1}, {}]


def test_a_look_at_the_main_case_is_none_at_its_duplicates(
    filled: Path, portal: PlayedPortal, channels: dict[str, Channel], clock: Clock
) -> None:
    portal.file(draft("The same."))
    with session.open_desk(filled, PASSPHRASE, writing=True, clock=clock) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        one, two = (cases.by_row(desk.casebook, row) for row in (1, 2))
        merging.merge(desk, two, one)
        looking.look(desk, one)
        assert desk.casebook.all("SELECT looked, unseen FROM cases") == [(desk.today.isoformat(), None), (None, DAY)]
        assert [part.unseen for part in merging.parts(desk.casebook, one)] == [DAY]
        looking.look(desk, two)
        assert [part.unseen for part in merging.parts(desk.casebook, one)] == [None]
        (facts,) = [fact for fact in gather(desk.casebook, channels) if not fact.duplicate]
        assert facts.review_days == (desk.today - desk.today.fromisoformat(DAY)).days


def test_an_answer_is_no_later_look(filled: Path, clock: Clock) -> None:
    with session.open_desk(filled, PASSPHRASE, writing=True, clock=clock) as desk:
        case = cases.find(desk.casebook, "2026-0001")
        looking.look(desk, case)
        first = desk.today.isoformat()
        clock.forward(days=3)
        reply(desk, case, "under-review", "", ["police"], desk.today)
        assert state(desk) == (first, None)


class TestSomebodyElseWrites:
    def test_it_is_shown_all_the_same(
        self, filled: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(looking, "PATIENCE_SECONDS", 0.05)
        command = ["show", str(filled), "2026-0001", "--passphrase-file", str(passphrase_file)]
        with Folder(filled).lock():
            assert cli.main(command) == 0
        out, err = capsys.readouterr()
        assert "In the reporter's words" in out
        assert "is not in its history: Another command works in" in err
        assert cli.main(command) == 0
        out, err = capsys.readouterr()
        assert "history" not in err
        with session.open_desk(filled, PASSPHRASE) as desk:
            assert len(views(desk)) == 1

    def test_a_short_act_is_waited_for(self, desk: Desk, case: Case) -> None:
        hold = f"""if True:
            from pathlib import Path
            from portal.desk.folder import Folder
            with Folder(Path({str(desk.folder.root)!r})).lock():
                print("held", flush=True)
                input()
        """
        with subprocess.Popen(
            [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "held\n"
            process.stdin.write("\n")
            process.stdin.flush()
            assert looking.try_to_look(desk, case) == ""
        assert len(views(desk)) == 1

    def test_a_key_that_was_replaced_meanwhile_signs_nothing(self, desk: Desk, case: Case, clock: Clock) -> None:
        """The desk was opened for reading, then its keys were replaced and used; the look comes after."""
        from portal.desk import people

        with session.working(desk.folder, desk.keyring, writing=True, clock=clock) as writing:
            people.rotate(writing)
        with session.working(desk.folder, desk.keyring, writing=True, clock=clock) as writing:
            looking.look(as_(writing, "anouk"), case)
        assert looking.try_to_look(desk, case) == ""
        with session.open_desk(desk.folder.root, PASSPHRASE, clock=clock) as again:
            assert len(views(again)) == 2
            custody.check(again.casebook, [again.keyring.verify_key])


@pytest.mark.parametrize("in_the_log", [False, True], ids=["at rest", "with a write-ahead log"])
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_copy_that_can_only_be_read(
    filled: Path, passphrase_file: Path, tmp_path: Path, clock: Clock, in_the_log: bool
) -> None:
    """Mounted read-only, so that not even root could write."""
    copy = tmp_path / "copy"
    with session.open_desk(filled, PASSPHRASE, writing=True, clock=clock) as desk:
        if in_the_log:
            looking.look(desk, cases.find(desk.casebook, "2026-0001"))
            shutil.copytree(filled, copy)
    if not in_the_log:
        shutil.copytree(filled, copy)
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    command = [sys.executable, "-m", "portal.desk.cli", "show", str(copy), "2026-0001"]
    command += ["--passphrase-file", str(passphrase_file)]
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", str(copy), *command], capture_output=True, text=True, check=False
    )
    if "Operation not permitted" in done.stderr or "unshare failed" in done.stderr:
        pytest.skip("this machine lets nobody mount")
    assert done.returncode == 0, done.stderr
    assert "In the reporter's words" in done.stdout
    assert "not in its history: nothing can be written where this desk lies" in done.stderr
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before
