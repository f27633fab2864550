"""A release: one commit, the same bytes for everybody, and standard programs check it."""

import os
import shutil
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import minisign
import pytest

from deploy.kit import archive, wheels
from deploy.kit.errors import KitError
from deploy.kit.source import ROOT, epoch, git, version
from deploy.supply import generated, release
from deploy.supply.errors import SupplyError

TIME = 1796022974
NAME = f"portevoix-{version()}"
WHEEL = f"{NAME}-py3-none-any.whl"


def commit(root: Path) -> None:
    """Everything at `root`, at a time that is not this one."""
    git(root, "add", "--all")
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    when = {**os.environ, "GIT_COMMITTER_DATE": f"{TIME} +0000", "GIT_AUTHOR_DATE": f"{TIME} +0000"}
    command = ["git", "-C", str(root), *identity, "commit", "--quiet", "--allow-empty", "-m", "all"]
    subprocess.run(command, check=True, env=when)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it lies here, committed: what was changed and not yet committed is tested as well."""
    root = tmp_path_factory.mktemp("release") / "repository"
    for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).is_file() and not name.startswith("docs/pictures/"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    git(root, "init", "--quiet")
    commit(root)
    return root


@dataclass(frozen=True)
class Released:
    folder: Path
    public_key: Path


@pytest.fixture(scope="session")
def released(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Released:
    folder = tmp_path_factory.mktemp("released")
    pair = minisign.KeyPair.generate()
    (folder / "key.pub").write_bytes(bytes(pair.public_key))
    (repository / ".mypy_cache").mkdir()
    (repository / ".mypy_cache" / "ignored").write_text("as git was told")
    release.make(repository, folder / "out", pair.secret_key)
    return Released(folder / "out", folder / "key.pub")


def test_two_builds_are_one_wheel(repository: Path, released: Released, tmp_path: Path) -> None:
    """Somebody else: another path, umask, time of files, zone, language and order of hashes."""
    other = tmp_path / "a much longer name" / "tree"
    shutil.copytree(repository, other)
    for path in (other, *other.rglob("*")):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700 if path.is_dir() else 0o600)
    with pytest.MonkeyPatch.context() as elsewhere:
        for name, value in {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7"}.items():
            elsewhere.setenv(name, value)
        before = os.umask(0o077)
        try:
            again = wheels.build(other, tmp_path, epoch(other))
        finally:
            os.umask(before)
    assert wheels.sha256(again) == wheels.sha256(released.folder / WHEEL)


def test_the_wheel_has_the_time_of_the_commit(released: Released) -> None:
    with zipfile.ZipFile(released.folder / WHEEL) as wheel:
        assert {entry.date_time[:5] for entry in wheel.infolist()} == {(2026, 11, 30, 7, 16)}
        assert "portal/desk/schema/__init__.py" in wheel.namelist()


def test_what_is_in_it(released: Released) -> None:
    bills = {f"{NAME}-{part}.cdx.json" for part in generated.PARTS}
    expected = {WHEEL, f"{NAME}.tar.gz", *bills, archive.SUMS, archive.SIGNATURE}
    assert {path.name for path in released.folder.iterdir()} == expected
    for part in generated.PARTS:
        made = (released.folder / f"{NAME}-{part}.cdx.json").read_bytes()
        assert made == (ROOT / generated.bill_of(part)).read_bytes()


def test_standard_programs_check_it(repository: Path, released: Released) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", archive.SUMS], cwd=released.folder, check=True)
    command = ["minisign", "-V", "-p", str(released.public_key), "-m", str(released.folder / archive.SUMS)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert f"portevoix {version()}, commit {git(repository, 'rev-parse', 'HEAD')}" in said
    assert (released.folder / archive.SIGNATURE).read_bytes().isascii()


def test_the_sources_are_the_commit(repository: Path, released: Released) -> None:
    with tarfile.open(released.folder / f"{NAME}.tar.gz") as sources:
        files = {member.name.removeprefix(f"{NAME}/") for member in sources if not member.isdir()}
        assert {member.mtime for member in sources} == {TIME}
        assert sources.getmember(f"{NAME}/deploy/install.sh").mode & 0o100
    assert files == set(git(repository, "ls-files").splitlines())


def test_an_unpacked_source_archive_has_its_time(released: Released, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xf", str(released.folder / f"{NAME}.tar.gz"), "-C", str(tmp_path)], check=True)
    assert epoch(tmp_path / NAME) == TIME


def test_the_time_can_be_given(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert epoch(repository) == TIME
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert epoch(repository) == 1_700_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(KitError, match="not a number of seconds"):
        epoch(repository)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository with one file."""
    root = tmp_path / "small"
    root.mkdir()
    (root / "setup.cfg").write_text("[metadata]\nversion = 1\n")
    git(root, "init", "--quiet")
    commit(root)
    return root


@pytest.mark.parametrize("name", ["setup.cfg", "new.py"])
def test_an_unclean_tree_is_refused(small: Path, tmp_path: Path, name: str) -> None:
    assert release.check_clean(small) == git(small, "rev-parse", "HEAD")
    (small / name).write_text("changed")
    with pytest.raises(SupplyError, match=rf"Not in any commit: {name}\."):
        release.make(small, tmp_path / "out", None)
    git(small, "add", "--all")
    with pytest.raises(SupplyError, match="Not in any commit"):
        release.make(small, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_many_changes_are_counted(small: Path) -> None:
    for number in range(5):
        (small / f"{number}.py").touch()
    with pytest.raises(SupplyError, match=r"0\.py, 1\.py, 2\.py and 2 more"):
        release.check_clean(small)


def test_where_there_is_no_commit(tmp_path: Path) -> None:
    with pytest.raises(KitError, match="git status"):
        release.check_clean(tmp_path)


def test_nothing_is_overwritten(small: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(SupplyError, match="not overwritten"):
        release.make(small, tmp_path / "out", None)
    with pytest.raises(SupplyError, match="no folder"):
        release.make(small, tmp_path / "none" / "out", None)


def test_a_kit_holds_the_same_wheel(released: Released, tmp_path: Path) -> None:
    wheel = released.folder / WHEEL
    inside = f"{archive.TOP}/linux/wheels/{WHEEL}"
    for name, entry, data in (("same", inside, wheel.read_bytes()), ("other", inside, b"other"), ("none", "x", b"")):
        with zipfile.ZipFile(tmp_path / name, "w") as kit:
            kit.writestr(entry, data)
    release.check_kit(tmp_path / "same", wheel)
    (tmp_path / "no zip").write_bytes(b"no zip")
    for name in ("other", "none", "no zip"):
        with pytest.raises(SupplyError, match="does not hold the wheel of this commit"):
            release.check_kit(tmp_path / name, wheel)


def test_a_key_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key").write_text("no key")
    assert release.main([str(tmp_path / "out"), "--sign", str(tmp_path / "key")]) == 1
    assert "no secret key of minisign" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
