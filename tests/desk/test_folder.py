import os
import stat
from pathlib import Path

import pytest

from portal.desk import folder, session
from portal.desk.folder import Folder, Part
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, draft


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_look(root: Path, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft())
    importing(portal.export())
    for path in [root, *root.rglob("*")]:
        public = path.parent.name == "public"
        assert mode(path) == (0o700 if path.is_dir() else 0o644 if public else 0o600), path


class Interrupted(Exception):
    pass


def half_a_part(folder_: Path) -> None:
    with Part(folder_) as part:
        part.write(b"half")
        raise Interrupted


def half_a_file(path: Path) -> None:
    with folder.new_file(path) as file:
        file.write(b"half")
        raise Interrupted


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        half_a_part(tmp_path)
    assert list(tmp_path.iterdir()) == []
    folder.write(tmp_path / "there", b"one")
    folder.write(tmp_path / "there", b"two")
    assert (tmp_path / "there").read_bytes() == b"two"
    assert mode(tmp_path / "there") == 0o600


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_never_replaces_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", _no_links)
    for name in ("one", "two"):
        with Part(tmp_path) as part:
            part.write(name.encode())
            part.become_new(tmp_path / name)
    with pytest.raises(DeskError, match="exists already"), Part(tmp_path) as part:
        part.become_new(tmp_path / "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
    assert (tmp_path / "one").read_bytes() == b"one"


def _no_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_what_a_person_asked_for_is_gone_if_it_fails(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        half_a_file(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_one_command_writes_at_a_time(root: Path, desk: Desk) -> None:
    with (
        pytest.raises(DeskError, match="Another command works"),
        session.open_desk(root, PASSPHRASE, writing=True),
    ):
        pass
    with session.open_desk(root, PASSPHRASE) as reader:
        assert reader.name == "police"


def test_the_next_command_sweeps_up(root: Path) -> None:
    left = [root / name / ".0011223344556677.part" for name in ("sealed", "quarantine", "keyring", "public", "")]
    for path in left:
        path.write_bytes(b"half")
    (root / "sealed" / "mine.part").write_bytes(b"not of this kind")
    with session.open_desk(root, PASSPHRASE):
        assert all(path.exists() for path in left)
    with session.open_desk(root, PASSPHRASE, writing=True):
        assert not any(path.exists() for path in left)
    assert (root / "sealed" / "mine.part").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    os.chmod(tmp_path, 0o755)
    with pytest.raises(DeskError, match="other files"):
        Folder(tmp_path).make()
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert mode(tmp_path) == 0o755
