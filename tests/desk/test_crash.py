"""The machine dies: at whatever step it was, the same command again loses nothing and doubles nothing."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import cases, custody, merging, portals, session, verifying
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.importing import Outcome, import_bundle
from portal.desk.packing import make_pack
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, contents, draft, reporter, seal

_STEPS = 400
"""More than any command below takes."""
STRIDE = int(os.environ.get("KILL_STRIDE", "5"))
"""Every so many steps are tried; `scripts/prove desk-killed` tries each."""


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a process that is killed just before its step; whether it came so far.

    A step is whatever changes the disk: a file opened or written, a name given or removed, a sync, an SQL statement.
    """
    child = os.fork()
    if child == 0:
        _kill_before(step)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _kill_before(step: int) -> None:
    left = step

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def run(*values: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*values, **named)

        return run

    for name in ("open", "replace", "link", "fsync", "unlink", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))
    Casebook.run = counted(Casebook.run)  # type: ignore[method-assign, assignment]


def steps(work: Callable[[], object], fresh: Callable[[], None], stride: int = STRIDE) -> Iterator[int]:
    """For every step of `work`, or as many as the stride tells: a fresh start, and `work` killed there."""
    for step in range(0, _STEPS, stride):
        fresh()
        if not killed_at(step, work):
            return
        yield step
    pytest.fail("the work never came to its end")


@pytest.fixture
def again(new_desk: Path, tmp_path: Path) -> Callable[[], None]:
    """Puts the desk's folder back as it was first."""

    def fresh() -> None:
        shutil.rmtree(tmp_path / "desk", ignore_errors=True)
        shutil.copytree(new_desk, tmp_path / "desk")

    return fresh


def test_an_import_that_is_killed(
    again: Callable[[], None], portal: PlayedPortal, channels: dict[str, Channel], tmp_path: Path
) -> None:
    keys = reporter()
    portal.file(draft("one"), keys)
    portal.file(draft("two", kind="message"), keys)
    portal.put(seal([reporter().recipient], reporter(), draft("for others")))
    path = portal.export()

    def work() -> Outcome:
        with session.open_desk(tmp_path / "desk", PASSPHRASE, writing=True) as desk:
            return import_bundle(desk, path, channels, Trust(portal.keys.public_key))

    again()
    work()
    expected = _state(tmp_path / "desk")
    points = 0
    for step in steps(work, again):
        _state(tmp_path / "desk")
        outcome = work()
        assert len(outcome.cases) + len(outcome.messages) + outcome.known == 2, step
        assert _state(tmp_path / "desk") == expected, step
        points += 1
    assert points > 5


def _state(root: Path) -> tuple[object, ...]:
    with session.open_desk(root, PASSPHRASE) as desk:
        rows = contents(desk.casebook)
        for (sha256,) in desk.casebook.all("SELECT sha256 FROM messages"):
            assert desk.folder.sealed(sha256).is_file()
    files = [sorted(p.name for p in (root / name).iterdir()) for name in ("sealed", "quarantine")]
    return rows, files


def test_a_pack_that_is_killed(
    again: Callable[[], None], portal: PlayedPortal, channels: dict[str, Channel], tmp_path: Path
) -> None:
    portal.file(draft("one"))
    path = portal.export()
    out = tmp_path / "pack.tar"

    def start() -> None:
        again()
        out.unlink(missing_ok=True)
        with session.open_desk(tmp_path / "desk", PASSPHRASE, writing=True) as desk:
            import_bundle(desk, path, channels, Trust(portal.keys.public_key))
            reply(desk, cases.find(desk.casebook, "2026-0001"), "closed", "", ["police"], date(2026, 11, 26))

    def work() -> None:
        with session.open_desk(tmp_path / "desk", PASSPHRASE, writing=True) as desk:
            make_pack(desk, portals.find(desk.casebook, None), out)

    for _ in steps(work, start):
        with session.open_desk(tmp_path / "desk", PASSPHRASE, writing=True) as desk:
            last = portals.find(desk.casebook, None).pack
            whole = [PlayedPortal.take(portal, out, desk.keyring.verify_key)[0]] if out.exists() else []
            assert [pack.counter for pack in whole] in ([], [last])
            out.unlink(missing_ok=True)
            make_pack(desk, portals.find(desk.casebook, None), out)
            pack, replies = portal.take(out, desk.keyring.verify_key)
        assert (pack.counter, len(pack.collected), len(replies)) == (last + 1, 1, 1)


def test_merging_and_separating_that_are_killed(
    again: Callable[[], None], portal: PlayedPortal, channels: dict[str, Channel], tmp_path: Path
) -> None:
    """Both cases say the same before and after; the same commands again end it, and nothing is done twice."""
    portal.file(draft("one"))
    portal.file(draft("urgent", channel="travel"))
    path = portal.export()

    def start() -> None:
        again()
        with session.open_desk(tmp_path / "desk", PASSPHRASE, writing=True) as desk:
            import_bundle(desk, path, channels, Trust(portal.keys.public_key))

    def work() -> None:
        with session.open_desk(tmp_path / "desk", PASSPHRASE, writing=True) as desk:
            main, part = (cases.find(desk.casebook, f"2026-000{number}") for number in (1, 2))
            if not _said(desk, main, "merged"):
                merging.merge(desk, part, main)
            if not _said(desk, main, "unmerged"):
                merging.unmerge(desk, part)

    def first(desk: Desk) -> list[tuple[object, ...]]:
        return desk.casebook.all("SELECT name, merged_into, urgent, unseen FROM cases ORDER BY id")

    start()
    with session.open_desk(tmp_path / "desk", PASSPHRASE) as desk:
        apart = first(desk)
        row, urgent = desk.casebook.one("SELECT id, unseen FROM cases ORDER BY id LIMIT 1")
    together = [(apart[0][0], None, 1, urgent), (apart[1][0], row, *apart[1][2:])]
    seen = set()
    for step in steps(work, start):
        with session.open_desk(tmp_path / "desk", PASSPHRASE) as desk:
            main, part = cases.listed(desk.casebook, merged=True)
            acts = [[act for act in ("merged", "unmerged") if _said(desk, case, act)] for case in (main, part)]
            assert acts[0] == acts[1], step
            assert first(desk) == (together if acts[0] == ["merged"] else apart), step
            seen.add(len(acts[0]))
        work()
        with session.open_desk(tmp_path / "desk", PASSPHRASE) as desk:
            assert first(desk) == apart, step
            assert [_said(desk, main, act) for act in ("merged", "unmerged")] == [1, 1], step
            assert verifying.verify(desk.folder, desk.keyring)
    assert seen >= {0, 1}


def _said(desk: Desk, case: Case, act: str) -> int:
    """How often the log says that of a case."""
    return sum(record.entry.act == act for record in custody.records(desk.casebook, case.name))


def test_a_desk_whose_making_is_killed(tmp_path: Path) -> None:
    root = tmp_path / "desk"

    def work() -> None:
        session.make(root, "police", PASSPHRASE, work_factor=1)

    for step in steps(work, lambda: shutil.rmtree(root, ignore_errors=True)):
        published = {path.name: path.read_bytes() for path in (root / "public").glob("[!.]*")}
        if not (root / "desk.json").exists():
            work()
        assert published.items() <= {p.name: p.read_bytes() for p in (root / "public").iterdir()}.items(), step
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            assert str(desk.keyring.recipient) in (root / "public" / "police.recipients").read_text()
            assert cases.listed(desk.casebook) == []
        assert list(root.rglob("*.part")) == []


def test_the_command_killed_from_outside(
    root: Path, portal: PlayedPortal, passphrase_file: Path, channels: dict[str, Channel]
) -> None:
    """The real command, the real signal, at random moments."""
    reports = 60
    for number in range(reports):
        portal.file(draft(f"report {number}"))
    path = portal.export()
    command = [sys.executable, "-m", "portal.desk.cli", "import", str(root), str(path)]
    command += ["--passphrase-file", str(passphrase_file), "--portal-key", str(portal.key_file)]
    chance = random.Random(3)
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        before = len(list((root / "sealed").glob("*.age")))
        while process.poll() is None and len(list((root / "sealed").glob("*.age"))) <= before:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.communicate()
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        before = len(cases.listed(desk.casebook))
        outcome = import_bundle(desk, path, channels, Trust())
        assert (len(outcome.cases), outcome.known) == (reports - before, before)
        assert len(cases.listed(desk.casebook)) == reports
        assert len(list(desk.folder.sealed_items.iterdir())) == reports
