"""deploy/install.sh as an operator runs it, into a folder: install, upgrade, roll back, remove."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal.doctor import journal

ROOT = Path(__file__).parents[2]
COPIED = ("portal", "tor", "templates", "deploy", "docs", "requirements", "scripts")

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, as an operator unpacks it."""
    folder = tmp_path_factory.mktemp("source")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a machine: enough of it for users to be made."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "etc").mkdir()
    for name in ("passwd", "group"):
        shutil.copy(Path("/etc") / name, folder / "etc")
    return folder


def install(source: Path, machine: Path, *arguments: str, status: int = 0) -> str:
    command = [str(source / "deploy" / "install.sh"), *arguments, "--root", str(machine)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHON": sys.executable},
    )
    assert done.returncode == status, done.stderr
    return done.stderr


def portal(machine: Path, *arguments: str) -> str:
    program = machine / "opt" / "portevoix" / "current" / "venv" / "bin" / "portal"
    state = machine / "var" / "lib" / "portevoix"
    done = subprocess.run([program, *arguments, "--state", state], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def release(machine: Path) -> str:
    return str((machine / "opt" / "portevoix" / "current").readlink())


def test_a_life(source: Path, machine: Path) -> None:
    """One test, since each step stands on the one before."""
    said = install(source, machine, "install")
    assert "is in place" in said
    first = release(machine)
    assert "tables are those of this version" in portal(machine, "check")
    address = portal(machine, "address")
    users = (machine / "etc" / "passwd").read_text()
    assert "portevoix:" in users
    assert "portevoix-tor:" in users
    assert (machine / "var" / "lib" / "portevoix").stat().st_mode & 0o777 == 0o700
    assert (machine / "etc" / "systemd" / "system" / "portevoix.service").exists()
    assert (machine / journal.DROP_IN.lstrip("/")).exists()

    settings = machine / "etc" / "portevoix" / "portal.toml"
    settings.write_text("# the operator's own\n")
    assert "is here already" in install(source, machine, "install")
    assert release(machine) == first
    assert settings.read_text() == "# the operator's own\n"
    assert (settings.parent / "portal.toml.new").exists()

    text = (source / "setup.cfg").read_text()
    (source / "setup.cfg").write_text(text.replace("version = 0.1.0", "version = 0.2.0"))
    unit, older = "portevoix.service", (source / "deploy" / "portevoix.service").read_text()
    (source / "deploy" / unit).write_text(older.replace("portal serve ", "portal serve --of-the-newer-release "))
    older_still = machine / "opt" / "portevoix" / "releases" / "0.0.1-planted"
    older_still.mkdir()
    install(source, machine, "install")
    assert not older_still.exists()
    assert "--of-the-newer-release" in (machine / "etc" / "systemd" / "system" / unit).read_text()
    second = release(machine)
    assert second.startswith("releases/0.2.0-")
    assert portal(machine, "address") == address

    install(source, machine, "rollback")
    assert release(machine) == first
    assert (machine / "etc" / "systemd" / "system" / unit).read_text() == older
    assert portal(machine, "address") == address

    install(source, machine, "uninstall")
    assert not (machine / "opt" / "portevoix").exists()
    assert not (machine / "etc" / "systemd" / "system" / "portevoix.service").exists()
    assert (machine / "var" / "lib" / "portevoix" / "receipt.secret").exists()
    install(source, machine, "uninstall", "--purge")
    assert not (machine / "var" / "lib" / "portevoix").exists()
    assert not (machine / "etc" / "portevoix").exists()


def test_what_it_does_not_know(source: Path, machine: Path) -> None:
    assert "is not an option" in install(source, machine, "install", "--colour", status=2)
    assert "deploy/install.sh install" in install(source, machine, "do", status=2)
