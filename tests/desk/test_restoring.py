"""Restore: a desk as it was, or nothing; whatever the backup holds, and whenever the machine dies."""

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import archive, canonical
from portal.age import HybridIdentity, ScryptIdentity, ScryptRecipient, decrypt, encrypt
from portal.channels import Channel
from portal.desk import cases, custody, portals, restoring, session
from portal.desk.backing_up import back_up
from portal.desk.backup_archive import Front, Member, Reader, write
from portal.desk.importing import import_bundle
from portal.desk.packing import make_pack
from portal.desk.portals import Trust
from portal.desk.restoring import restore
from portal.desk.session import Desk
from portal.errors import BackupError, DeskError, WrongPassphrase
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, contents, draft
from tests.desk.test_crash import steps

ELSEWHERE = HybridIdentity.generate()


@pytest.fixture
def backup(desk: Desk, portal: PlayedPortal, importing: Import, tmp_path: Path) -> Path:
    """A backup of a desk with two cases and one item in quarantine."""
    portal.file(draft("one"))
    portal.file(draft("two", channel="travel", files=[b"file"]), files=[b"file"])
    portal.put(portal.file(draft(channel="travel", answers={"nobody": "asked"})))
    importing(portal.export())
    return back_up(desk, tmp_path / "backup.age", [ELSEWHERE.recipient]).path


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(("casebook.db", "lock"))
    }


def test_the_desk_is_as_it_was(desk: Desk, backup: Path, tmp_path: Path) -> None:
    restored = restore(backup, tmp_path / "new", [ELSEWHERE], PASSPHRASE)
    assert (restored.desk, restored.cases, restored.items, restored.missing) == ("police", 2, 3, 0)
    assert files(tmp_path / "new") == files(desk.folder.root)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").rglob("*") if path.is_dir()} == {0o700}
    assert (tmp_path / "new" / "keyring" / "default.age").stat().st_mode & 0o777 == 0o600
    with session.open_desk(tmp_path / "new", PASSPHRASE) as opened:
        before, after = contents(desk.casebook), contents(opened.casebook)
        for table in ("cases", "messages", "replies", "quarantine"):
            assert after[table] == before[table]
        log = list(custody.records(opened.casebook))
        assert [log[-1].entry.act, log[-1].details] == [
            "restored",
            {"sha256": restored_hash(backup), "at": restored.at},
        ]
        assert custody.check(opened.casebook, [opened.keyring.verify_key]) == len(log)


def restored_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_into_an_empty_folder_and_no_other(desk: Desk, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    restore(backup, tmp_path / "empty", [ELSEWHERE], PASSPHRASE)
    with pytest.raises(DeskError, match="is a desk already"):
        restore(backup, tmp_path / "empty", [ELSEWHERE], PASSPHRASE)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("mine")
    with pytest.raises(DeskError, match="other files"):
        restore(backup, tmp_path / "mine", [ELSEWHERE], PASSPHRASE)
    with pytest.raises(DeskError, match="There is no folder"):
        restore(backup, tmp_path / "none" / "new", [ELSEWHERE], PASSPHRASE)
    assert (tmp_path / "mine" / "letter").read_text() == "mine"


def test_with_the_wrong_key_or_passphrase_there_is_nothing(backup: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    with pytest.raises(DeskError, match="does not open the backup"):
        restore(backup, new, [HybridIdentity.generate()], PASSPHRASE)
    with pytest.raises(WrongPassphrase):
        restore(backup, new, [ELSEWHERE], "another passphrase")
    with pytest.raises(DeskError, match="Nobody called anna"):
        restore(backup, new, [ELSEWHERE], PASSPHRASE, "anna")
    assert not new.exists()
    assert list(tmp_path.glob(".new*")) == []


def test_a_backup_under_a_passphrase(desk: Desk, tmp_path: Path) -> None:
    back_up(desk, tmp_path / "backup.age", [ScryptRecipient("in the safe, not here", 1)])
    restored = restore(tmp_path / "backup.age", tmp_path / "new", [ScryptIdentity("in the safe, not here")], PASSPHRASE)
    assert restored.items == 0


@pytest.mark.parametrize("harm", ["cut", "changed", "longer"])
def test_a_damaged_backup(backup: Path, tmp_path: Path, harm: str) -> None:
    data = backup.read_bytes()
    place = random.Random(1).randrange(3000, len(data))
    changed = {
        "cut": data[:place],
        "changed": data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :],
        "longer": data + b"\0",
    }
    backup.write_bytes(changed[harm])
    for work in (
        lambda: restore(backup, tmp_path / "new", [ELSEWHERE], PASSPHRASE),
        lambda: restoring.check(backup, [ELSEWHERE]),
    ):
        with pytest.raises(DeskError, match="damaged"):
            work()
    assert not (tmp_path / "new").exists()


def plain(backup: Path) -> tuple[Front, list[tuple[str, bytes]]]:
    reader = Reader(decrypt([ELSEWHERE], [backup.read_bytes()]))
    return reader.front, [(member.name, b"".join(member.content)) for member in reader.members()]


def sealed(path: Path, front: Front | bytes, members: Sequence[tuple[str, bytes]], name: str = "backup.json") -> Path:
    """A backup that holds anything at all."""
    data = front if isinstance(front, bytes) else canonical.dumps(front)
    pieces = [*archive.member(name, len(data), [data])]
    for member, content in members:
        pieces += archive.member(member, len(content), [content])
    path.write_bytes(b"".join(encrypt([ELSEWHERE.recipient], [*pieces, bytes(archive.END_BYTES)])))
    return path


HOSTILE: dict[str, Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]] = {
    "a name that no desk has": lambda found: [*found[:-1], ("sealed/evil.sh", b""), found[-1]],
    "a folder that no desk has": lambda found: [*found[:-1], ("zz/" + "0" * 64 + ".age", b""), found[-1]],
    "a name twice": lambda found: [found[0], found[0], *found[1:]],
    "out of order": lambda found: [found[-1], *found[:-1]],
    "an item that is another": lambda found: [(n, c + b"x" if n.startswith("sealed") else c) for n, c in found],
    "another casebook": lambda found: [(n, c + b"x" if n == "casebook.db" else c) for n, c in found],
    "an item too few": lambda found: [m for m in found if not m[0].startswith("quarantine")],
    "no end": lambda found: found[:-1],
    "nothing": lambda found: [],
    "a keyring of 2 MiB": lambda found: [(n, bytes(2**21) if n.startswith("keyring") else c) for n, c in found],
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_a_hostile_backup(backup: Path, tmp_path: Path, harm: str) -> None:
    """Whoever knows the recipient can make one."""
    front, found = plain(backup)
    path = sealed(tmp_path / "hostile", front, HOSTILE[harm](found))
    for work in (
        lambda: restore(path, tmp_path / "new", [ELSEWHERE], PASSPHRASE),
        lambda: restoring.check(path, [ELSEWHERE]),
    ):
        with pytest.raises(BackupError):
            work()
    assert not (tmp_path / "new").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".", "new"))) == []


def test_a_transfer_is_no_backup(backup: Path, tmp_path: Path) -> None:
    front, found = plain(backup)
    path = sealed(tmp_path / "hostile", front, found, name="manifest.json")
    with pytest.raises(BackupError, match="desk receive"):
        restoring.check(path, [ELSEWHERE])
    with pytest.raises(BackupError, match="not a backup"):
        restoring.check(sealed(tmp_path / "hostile", front, found, name="report.json"), [ELSEWHERE])


def test_a_casebook_of_another_key(backup: Path, tmp_path: Path) -> None:
    """All hashes are right, and the keyring opens it not."""
    front, found = plain(backup)
    content = os.urandom(8192)
    front = Front(front.format, front.desk, front.at, hashlib.sha256(content).hexdigest(), front.items)
    path = sealed(tmp_path / "x", front, [(n, content if n == "casebook.db" else c) for n, c in found])
    with pytest.raises(DeskError, match="cannot be read with the key"):
        restore(path, tmp_path / "new", [ELSEWHERE], PASSPHRASE)
    assert not (tmp_path / "new").exists()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=5000))
def test_anything_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(BackupError):
        list(Reader([data]).members())


@given(st.lists(st.tuples(st.sampled_from(["sealed", "quarantine"]), st.binary(max_size=700)), max_size=4))
def test_what_is_written_is_read(items: list[tuple[str, bytes]]) -> None:
    chosen = {f"{folder}/{hashlib.sha256(content).hexdigest()}.age": content for folder, content in items}
    order = sorted(chosen.items(), key=lambda item: (item[0].startswith("quarantine"), item[0]))
    book = b"book"
    front = Front("portevoix/backup/1", "police", "2026-11-25T08:30:00Z", hashlib.sha256(book).hexdigest(), len(order))
    members = [("casebook.db", book), *order, ("desk.json", b"{}")]
    data = b"".join(write(front, [Member(name, len(content), [content]) for name, content in members]))
    reader = Reader([data])
    assert reader.front == front
    assert [(member.name, b"".join(member.content)) for member in reader.members()] == members
    with pytest.raises(BackupError):
        list(Reader([data[:-1]]).members())


def test_the_next_pack_is_one_that_the_portal_takes(
    desk: Desk, portal: PlayedPortal, importing: Import, backup: Path, tmp_path: Path
) -> None:
    """After the backup three packs were made and taken; the restored desk has forgotten them."""
    portal.file(draft("after the backup"))
    for number in range(3):
        importing(portal.export())
        make_pack(desk, portals.find(desk.casebook, None), tmp_path / f"pack-{number}")
        portal.take(tmp_path / f"pack-{number}", desk.keyring.verify_key)
    assert portal.confirmed == 3
    restore(backup, tmp_path / "new", [ELSEWHERE], PASSPHRASE)
    with session.open_desk(tmp_path / "new", PASSPHRASE, writing=True) as opened:
        packed = make_pack(opened, portals.find(opened.casebook, None), tmp_path / "next")
        assert packed.counter > portal.confirmed
        portal.take(tmp_path / "next", opened.keyring.verify_key)
        assert portal.confirmed == packed.counter


def test_what_came_back_into_a_bundle_is_taken_once_more(
    desk: Desk, portal: PlayedPortal, importing: Import, backup: Path, channels: dict[str, Channel], tmp_path: Path
) -> None:
    """What came after the backup and was not acknowledged waits at the portal: the restored desk imports it."""
    portal.file(draft("after the backup"))
    importing(portal.export())
    restore(backup, tmp_path / "new", [ELSEWHERE], PASSPHRASE)
    with session.open_desk(tmp_path / "new", PASSPHRASE, writing=True) as opened:
        outcome = import_bundle(opened, portal.export(), channels, Trust())
        assert (len(outcome.cases), outcome.known) == (1, 2)
        assert len(cases.listed(opened.casebook)) == 3


def test_a_restore_that_is_killed(root: Path, filled_backup: Path, tmp_path: Path) -> None:
    """At every step there is no desk, or the whole one; the same command again makes it."""
    new, expected = tmp_path / "new", files(root)

    def work() -> None:
        restore(filled_backup, new, [ELSEWHERE], PASSPHRASE)

    points = 0
    for step in steps(work, lambda: shutil.rmtree(new, ignore_errors=True)):
        if not new.exists():
            work()
            assert list(tmp_path.glob(".new*")) == []
        assert files(new) == expected, step
        with session.open_desk(new, PASSPHRASE) as opened:
            assert len(cases.listed(opened.casebook)) == 1
        points += 1
    assert points > 2


def test_a_backup_that_is_killed(root: Path, filled_backup: Path, tmp_path: Path) -> None:
    """At every step there is no backup, or one that restores; an item is marked only where it is there."""
    out, before = tmp_path / "out.age", tmp_path / "before"
    shutil.copytree(root, before)

    def fresh() -> None:
        out.unlink(missing_ok=True)
        shutil.rmtree(root)
        shutil.copytree(before, root)

    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            back_up(desk, out, [ELSEWHERE.recipient])

    points = 0
    for _ in steps(work, fresh):
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            marked = desk.casebook.all("SELECT 1 FROM arrivals WHERE backup IS NOT NULL")
            assert out.exists() or not marked
            if out.exists():
                restoring.check(out, [ELSEWHERE], (root, desk.keyring.casebook_key))
            else:
                assert back_up(desk, out, [ELSEWHERE.recipient]).secured == 1
            assert list(root.glob(".*")) == []
        points += 1
    assert points > 2


@pytest.fixture
def filled_backup(root: Path, portal: PlayedPortal, channels: dict[str, Channel], tmp_path: Path) -> Path:
    """A backup of the desk in `root`, which nobody has open; the desk does not know of it."""
    portal.file(draft("one"))
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        made = back_up(desk, tmp_path / "backup.age", [ELSEWHERE.recipient])
        desk.casebook.run("DELETE FROM backups")
        assert desk.casebook.one("SELECT backup FROM arrivals") == (None,)
    return made.path
