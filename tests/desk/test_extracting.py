from pathlib import Path

import pytest

from portal.desk import cases
from portal.desk.extracting import extract
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.report import Attachment
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft, reporter

FILES = [b"first" * 50_000, b"", b"third"]


@pytest.fixture(autouse=True)
def filed(portal: PlayedPortal, importing: Import) -> None:
    """One case with three attachments in two messages."""
    keys = reporter()
    portal.file(draft(channel="travel", files=FILES[:2], name="../../x\x1b[31m.exe"), keys, FILES[:2])
    portal.file(draft(kind="message", files=FILES[2:]), keys, FILES[2:])
    portal.file(draft("no files"))
    importing(portal.export())


def take(desk: Desk, number: int, out: Path) -> Attachment:
    case = next(case for case in cases.listed(desk.casebook) if case.channel == "travel")
    return extract(desk, case, number, out)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_attachments_are_counted_through_the_case(desk: Desk, tmp_path: Path, number: int) -> None:
    out = tmp_path / "out.bin"
    assert take(desk, number, out).size == len(FILES[number - 1])
    assert out.read_bytes() == FILES[number - 1]
    assert out.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} >= {"out.bin"}


@pytest.mark.parametrize("number", [-1, 0, 4])
def test_there_is_no_such_attachment(desk: Desk, tmp_path: Path, number: int) -> None:
    with pytest.raises(DeskError, match="3 attachments"):
        take(desk, number, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("there", "link"):
        with pytest.raises(DeskError, match="exists already"):
            take(desk, 1, tmp_path / name)
    with pytest.raises(DeskError, match="no folder"):
        take(desk, 1, tmp_path / "none" / "out")
    assert (tmp_path / "there").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("at", [30, 5_000, -1])
def test_a_damaged_item_gives_nothing(desk: Desk, tmp_path: Path, at: int) -> None:
    for path in desk.folder.sealed_items.iterdir():
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)
    for number in (1, 3):
        with pytest.raises(DeskError, match="damaged"):
            take(desk, number, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_item_in_its_place_gives_nothing(desk: Desk, tmp_path: Path) -> None:
    """The folder is not encrypted: whoever swaps two sealed files must not swap evidence."""
    paths = list(desk.folder.sealed_items.iterdir())
    items = [path.read_bytes() for path in paths]
    for path, other in zip(paths, items[1:] + items[:1], strict=True):
        path.write_bytes(other)
    for number in (1, 3):
        with pytest.raises(DeskError, match="damaged"):
            take(desk, number, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_item_is_said(desk: Desk, tmp_path: Path) -> None:
    for path in desk.folder.sealed_items.iterdir():
        path.unlink()
    with pytest.raises(DeskError, match="is missing"):
        take(desk, 1, tmp_path / "out")
