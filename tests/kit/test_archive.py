"""The archive: the same for the same files, with checksums that a standard program checks."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import minisign
import pytest

from deploy.kit import archive
from deploy.kit.errors import KitError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "kit"
    (folder / "linux").mkdir(parents=True)
    (folder / "linux" / "install.sh").write_text("#!/bin/sh\n")
    (folder / "linux" / "a.whl").write_bytes(b"wheel" * 1000)
    (folder / "READ-ME.txt").write_text("read me\n" * 100)
    return folder


def test_the_same_bytes_again(folder: Path, tmp_path: Path) -> None:
    key = minisign.KeyPair.generate().secret_key
    archive.seal(folder, key, "kit 1")
    first = archive.write(folder, tmp_path / "first.zip")
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    for path in (again / archive.SUMS, again / archive.SIGNATURE):
        path.unlink()
    for path in again.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    archive.seal(again, key, "kit 1")
    assert archive.write(again, tmp_path / "second.zip") == first
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_entries_are_sorted_and_timeless(folder: Path, tmp_path: Path) -> None:
    archive.seal(folder, None, "kit 1")
    archive.write(folder, tmp_path / "kit.zip")
    with zipfile.ZipFile(tmp_path / "kit.zip") as made:
        names = made.namelist()
        assert names == sorted(names)
        assert all(name.startswith("portevoix-desk/") for name in names)
        assert {entry.date_time for entry in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert made.getinfo("portevoix-desk/linux/install.sh").external_attr >> 16 == 0o100755
    assert f"portevoix-desk/{archive.SIGNATURE}" not in names


def test_standard_programs_check_it(folder: Path, tmp_path: Path) -> None:
    pair = minisign.KeyPair.generate()
    archive.seal(folder, pair.secret_key, "kit 1")
    (tmp_path / "kit.pub").write_bytes(bytes(pair.public_key))
    subprocess.run(["sha256sum", "--check", "--strict", archive.SUMS], cwd=folder, check=True, capture_output=True)
    command = ["minisign", "-V", "-p", str(tmp_path / "kit.pub"), "-m", str(folder / archive.SUMS)]
    assert "kit 1" in subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kit.zip").write_bytes(b"precious")
    with pytest.raises(KitError, match="not overwritten"):
        archive.write(folder, tmp_path / "kit.zip")
    assert (tmp_path / "kit.zip").read_bytes() == b"precious"


def test_a_path_too_long_for_windows(folder: Path, tmp_path: Path) -> None:
    (folder / ("x" * archive.LONGEST_PATH)).write_bytes(b"")
    with pytest.raises(KitError, match="longer than"):
        archive.write(folder, tmp_path / "kit.zip")
    assert not (tmp_path / "kit.zip").exists()
