"""The backup place: packs wait for backups, so that a disk that dies takes nothing with it that the portal let go."""

import random
import shutil
from pathlib import Path

import pytest

from portal.age import HybridIdentity
from portal.channels import Channel
from portal.desk import backup_place, cases, custody, portals, session
from portal.desk.backup_place import Place, back_up_there, set_place, unset_place
from portal.desk.importing import import_bundle
from portal.desk.packing import Packed, make_pack
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.restoring import restore
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, draft

ELSEWHERE = HybridIdentity.generate()
RECIPIENT = str(ELSEWHERE.recipient)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    path = tmp_path / "stick"
    path.mkdir()
    return path


def pack(desk: Desk, out: Path) -> Packed:
    return make_pack(desk, portals.find(desk.casebook, None), out)


def test_without_a_place_packs_acknowledge_everything(
    desk: Desk, portal: PlayedPortal, importing: Import, tmp_path: Path
) -> None:
    portal.file(draft("one"))
    importing(portal.export())
    assert backup_place.place(desk.casebook) is None
    assert pack(desk, tmp_path / "1") == Packed(1, 1, 0, 0, held=0)
    with pytest.raises(DeskError, match="No backup place is set"):
        back_up_there(desk)


def test_with_a_place_packs_acknowledge_what_a_backup_holds(
    desk: Desk, portal: PlayedPortal, importing: Import, stick: Path, tmp_path: Path
) -> None:
    portal.file(draft("one"))
    importing(portal.export())
    assert set_place(desk, stick, [RECIPIENT]) == Place(str(stick), [RECIPIENT], 7)
    assert pack(desk, tmp_path / "1") == Packed(1, 0, 0, 0, held=1)
    kept = back_up_there(desk)
    assert (kept.made.secured, kept.removed) == (1, [])
    assert [path.name for path in stick.iterdir()] == [f"police-{desk.today}-0001.age"]
    portal.file(draft("two"))
    importing(portal.export())
    assert pack(desk, tmp_path / "2") == Packed(2, 1, 0, 0, held=1)
    portal.take(tmp_path / "2", desk.keyring.verify_key)
    assert len(portal.waiting) == 1
    unset_place(desk)
    assert pack(desk, tmp_path / "3") == Packed(3, 2, 0, 0, held=0)


def test_what_was_purged_before_its_backup_is_acknowledged(
    desk: Desk, portal: PlayedPortal, importing: Import, stick: Path, tmp_path: Path
) -> None:
    """Nothing of it is left to be held; the portal must let it go."""
    portal.file(draft("one"))
    importing(portal.export())
    set_place(desk, stick, [RECIPIENT])
    desk.casebook.run("PRAGMA foreign_keys = OFF")
    desk.casebook.run("DELETE FROM messages")
    back_up_there(desk)
    assert pack(desk, tmp_path / "1") == Packed(1, 1, 0, 0, held=0)


def test_the_newest_are_kept(desk: Desk, stick: Path) -> None:
    set_place(desk, stick, [RECIPIENT], keep=2)
    (stick / "police-2020-01-01-0001.age").write_text("of another desk of this name")
    (stick / "letter").write_text("mine")
    made = [back_up_there(desk) for _ in range(4)]
    assert [kept.removed for kept in made] == [[], [], [made[0].made.path.name], [made[1].made.path.name]]
    left = {path.name for path in stick.iterdir()}
    assert left == {made[2].made.path.name, made[3].made.path.name, "police-2020-01-01-0001.age", "letter"}


def test_a_backup_that_somebody_took_away_is_no_trouble(desk: Desk, stick: Path) -> None:
    set_place(desk, stick, [RECIPIENT], keep=1)
    back_up_there(desk).made.path.unlink()
    assert len(back_up_there(desk).removed) == 1


def test_setting_it_is_recorded(desk: Desk, stick: Path) -> None:
    set_place(desk, stick, [RECIPIENT])
    assert [record.entry.act for record in custody.records(desk.casebook)][-1] == "settings-changed"


def test_a_place_that_is_none(desk: Desk, stick: Path, tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="There is no folder"):
        set_place(desk, tmp_path / "none", [RECIPIENT])
    with pytest.raises(DeskError, match="within the desk"):
        set_place(desk, desk.folder.sealed_items, [RECIPIENT])
    with pytest.raises(DeskError, match="to whom"):
        set_place(desk, stick, [])
    with pytest.raises(DeskError, match="recipient"):
        set_place(desk, stick, ["age1nobody"])
    assert backup_place.place(desk.casebook) is None
    set_place(desk, stick, [RECIPIENT])
    stick.rmdir()
    with pytest.raises(DeskError, match="is not there"):
        back_up_there(desk)


@pytest.mark.parametrize("seed", range(6))
def test_the_disk_is_destroyed_at_any_moment_after_a_pack(
    root: Path, portal: PlayedPortal, channels: dict[str, Channel], stick: Path, tmp_path: Path, seed: int
) -> None:
    """Work goes on at random, the disk dies at random: what a portal let go is there after the restore."""
    chance = random.Random(seed)
    filed: dict[str, str] = {}
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        set_place(desk, stick, [RECIPIENT], keep=2)
        verify_key = desk.keyring.verify_key
    restored = 0

    def file() -> None:
        item = portal.file(draft(f"report {len(filed)}"))
        filed[item.id] = item.sha256

    def work(act: str, number: int) -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            known = portals.pinned(desk.casebook)
            if act == "import":
                import_bundle(desk, portal.export(), channels, Trust(None if known else portal.keys.public_key))
            elif act == "back up":
                back_up_there(desk)
            elif act == "answer" and (found := cases.listed(desk.casebook)):
                reply(desk, chance.choice(found), "under-review", "", ["police"], desk.today)
            elif act == "pack" and known:
                make_pack(desk, known[0], tmp_path / f"pack-{number}")
                if chance.random() < 0.8:
                    portal.take(tmp_path / f"pack-{number}", verify_key)

    for number in range(60):
        act = chance.choice(["file", "import", "back up", "answer", "pack", "pack", "the disk dies"])
        if act == "file":
            file()
        elif act == "the disk dies" and (backups := sorted(stick.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
            shutil.rmtree(root)
            restore(backups[-1], root, [ELSEWHERE], PASSPHRASE)
            restored += 1
        elif act != "the disk dies":
            work(act, number)
        if act == "the disk dies":
            assert_all_are_there(root, portal, filed)
    assert restored > 1
    assert len(filed) > 3
    # Whatever happened, the two come to an end with each other.
    for act in ("import", "back up", "pack"):
        work(act, 1000)
    make_and_take(root, portal, tmp_path / "last")
    assert portal.waiting == {}
    assert_all_are_there(root, portal, filed)


def make_and_take(root: Path, portal: PlayedPortal, out: Path) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        make_pack(desk, portals.find(desk.casebook, None), out)
        portal.take(out, desk.keyring.verify_key)


def assert_all_are_there(root: Path, portal: PlayedPortal, filed: dict[str, str]) -> None:
    """What does not wait at the portal any more is at the desk, its sealed item too."""
    with session.open_desk(root, PASSPHRASE) as desk:
        here = {item.hex(): sha256 for item, sha256 in desk.casebook.all("SELECT item, sha256 FROM messages")}
        for item, sha256 in filed.items():
            if item not in portal.waiting:
                assert here[item].hex() == sha256
                assert desk.folder.sealed(here[item]).is_file()
