"""Backups: what they hold, that they count only when they were read back, and what packs acknowledge then."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest

from portal.age import HybridIdentity, ScryptRecipient, X25519Identity, decrypt
from portal.desk import backing_up, custody, restoring
from portal.desk.backing_up import back_up
from portal.desk.session import Desk
from portal.errors import DeskError, KeyFailure
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, draft

CANARY = "kanarienvogel-51c2"


@pytest.fixture(scope="module")
def elsewhere() -> HybridIdentity:
    """The identity to which backups are sealed: not on the desk's disk."""
    return HybridIdentity.generate()


@pytest.fixture
def filled(desk: Desk, portal: PlayedPortal, importing: Import) -> Desk:
    """A desk with two cases, one of them with a file, and one item in quarantine."""
    portal.file(draft(CANARY))
    portal.file(draft("with a file", channel="travel", files=[b"\xff\xd8" * 5000]), files=[b"\xff\xd8" * 5000])
    portal.put(portal.file(draft(channel="travel", answers={"nobody": "asked"})))
    outcome = importing(portal.export())
    assert (len(outcome.cases), len(outcome.quarantined)) == (2, 1)
    return desk


def members(path: Path, identity: HybridIdentity) -> dict[str, bytes]:
    """What `age -d` and `tar x` would give."""
    plain = b"".join(decrypt([identity], [path.read_bytes()]))
    with tarfile.open(fileobj=BytesIO(plain)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_a_backup_is_the_whole_folder(filled: Desk, elsewhere: HybridIdentity, tmp_path: Path) -> None:
    (filled.folder.root / "triage.toml").write_text("rules = []\n")
    made = back_up(filled, tmp_path / "backup.age", [elsewhere.recipient])
    assert (made.items, made.secured, made.damaged) == (3, 3, [])
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).digest()
    assert made.size == made.path.stat().st_size
    found = members(made.path, elsewhere)
    root = filled.folder.root
    on_disk = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert set(found) == on_disk - {"lock", "casebook.db-wal", "casebook.db-shm"} | {"backup.json"}
    assert next(iter(found)) == "backup.json"
    assert list(found)[-1] == "desk.json"
    for name in set(found) - {"backup.json", "casebook.db"}:
        assert found[name] == (root / name).read_bytes(), name
    assert all(CANARY.encode() not in content for content in found.values())


def test_standard_tools_open_it(filled: Desk, tmp_path: Path) -> None:
    """Debian's age knows no hybrid recipients yet, so with one of the older kind."""
    identity = X25519Identity.generate()
    (tmp_path / "identity").write_text(f"{identity}\n")
    back_up(filled, tmp_path / "backup.age", [identity.recipient])
    (tmp_path / "out").mkdir()
    subprocess.run(
        f"age -d -i {tmp_path}/identity {tmp_path}/backup.age | tar x -C {tmp_path}/out", shell=True, check=True
    )
    assert (tmp_path / "out" / "desk.json").read_bytes() == filled.folder.about.read_bytes()
    assert len(list((tmp_path / "out" / "sealed").iterdir())) == 2


def test_nothing_is_left_beside_it(filled: Desk, elsewhere: HybridIdentity, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    before = sorted(filled.folder.root.iterdir())
    back_up(filled, tmp_path / "stick" / "backup.age", [elsewhere.recipient])
    assert sorted(filled.folder.root.iterdir()) == before
    assert [path.name for path in (tmp_path / "stick").iterdir()] == ["backup.age"]


def test_it_is_recorded(filled: Desk, elsewhere: HybridIdentity, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "backup.age", [elsewhere.recipient])
    *_, last = custody.records(filled.casebook)
    assert last.entry.act == "backed-up"
    assert last.details == {"sha256": made.sha256.hex(), "items": 3, "secured": 3}
    rows = filled.casebook.all("SELECT name, sha256, size, items FROM backups")
    assert rows == [("backup.age", made.sha256, made.size, 3)]


def test_a_second_backup_secures_only_what_is_new(
    filled: Desk, portal: PlayedPortal, importing: Import, elsewhere: HybridIdentity, tmp_path: Path
) -> None:
    back_up(filled, tmp_path / "1", [elsewhere.recipient])
    assert back_up(filled, tmp_path / "2", [elsewhere.recipient]).secured == 0
    portal.file(draft("new"))
    importing(portal.export())
    made = back_up(filled, tmp_path / "3", [elsewhere.recipient])
    assert (made.items, made.secured) == (4, 1)


def test_a_medium_that_forgets(
    filled: Desk, elsewhere: HybridIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read back differs: no backup, no file, nothing marked."""
    read = backing_up.pieces

    def worn(path: Path) -> object:
        content = b"".join(read(path))
        return iter([content[:-1] + bytes([content[-1] ^ 1])] if path.parent == tmp_path else [content])

    monkeypatch.setattr(backing_up, "pieces", worn)
    with pytest.raises(DeskError, match="worn out"):
        back_up(filled, tmp_path / "backup.age", [elsewhere.recipient])
    assert not (tmp_path / "backup.age").exists()
    assert filled.casebook.all("SELECT * FROM backups") == []
    assert filled.casebook.all("SELECT 1 FROM arrivals WHERE backup IS NOT NULL") == []


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_sealed_item_that_is_not_sound_is_not_held(
    filled: Desk, elsewhere: HybridIdentity, tmp_path: Path, harm: str
) -> None:
    victim = sorted(filled.folder.sealed_items.iterdir())[0]
    if harm == "changed":
        victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    else:
        victim.unlink()
    made = back_up(filled, tmp_path / "backup.age", [elsewhere.recipient])
    assert made.secured == 2
    assert made.damaged == ([f"sealed/{victim.name}"] if harm == "changed" else [])


def test_it_never_takes_a_name_that_is_taken(filled: Desk, elsewhere: HybridIdentity, tmp_path: Path) -> None:
    (tmp_path / "backup.age").write_text("mine")
    with pytest.raises(DeskError, match="exists already"):
        back_up(filled, tmp_path / "backup.age", [elsewhere.recipient])
    assert (tmp_path / "backup.age").read_text() == "mine"


@pytest.mark.parametrize("recipients", ["none", "mixed", "passphrase and key"])
def test_recipients_that_do_not_go_together(
    filled: Desk, elsewhere: HybridIdentity, tmp_path: Path, recipients: str
) -> None:
    chosen = {
        "none": [],
        "mixed": [elsewhere.recipient, X25519Identity.generate().recipient],
        "passphrase and key": [elsewhere.recipient, ScryptRecipient(PASSPHRASE, 1)],
    }
    with pytest.raises(KeyFailure):
        back_up(filled, tmp_path / "backup.age", chosen[recipients])
    assert not (tmp_path / "backup.age").exists()


def test_it_is_checked_with_the_identity_and_without_it(
    filled: Desk, elsewhere: HybridIdentity, tmp_path: Path
) -> None:
    made = back_up(filled, tmp_path / "backup.age", [elsewhere.recipient])
    key = (filled.folder.root, filled.keyring.casebook_key)
    front = restoring.check(made.path, [elsewhere], key)
    assert (front.desk, front.items) == ("police", 3)
    assert restoring.check(made.path, [elsewhere]) == front
    with pytest.raises(DeskError, match="does not open the backup"):
        restoring.check(made.path, [HybridIdentity.generate()])
    assert list(filled.folder.root.glob(".*")) == []


def test_it_takes_no_memory_for_what_is_large(desk: Desk, elsewhere: HybridIdentity, tmp_path: Path) -> None:
    """A sealed item of 64 MiB, and no more than a few pieces of it at once."""
    content = os.urandom(2**20) * 64
    (desk.folder.sealed_items / f"{hashlib.sha256(content).hexdigest()}.age").write_bytes(content)
    del content
    tracemalloc.start()
    back_up(desk, tmp_path / "backup.age", [elsewhere.recipient])
    restoring.check(tmp_path / "backup.age", [elsewhere])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20


def test_it_is_consistent_while_somebody_reads(
    filled: Desk, elsewhere: HybridIdentity, tmp_path: Path, passphrase_file: Path
) -> None:
    """Another process has the casebook open, in the middle of a query."""
    script = (
        "import sys; from pathlib import Path; from portal.desk.session import open_desk\n"
        "with open_desk(Path(sys.argv[1]), sys.argv[2]) as desk:\n"
        "    desk.casebook.run('BEGIN'); desk.casebook.one('SELECT * FROM cases')\n"
        "    print('open', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(filled.folder.root), PASSPHRASE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        back_up(filled, tmp_path / "backup.age", [elsewhere.recipient])
        reader.communicate("")
    restoring.check(tmp_path / "backup.age", [elsewhere], (filled.folder.root, filled.keyring.casebook_key))
