"""What goes into a kit: pinned, complete, and nothing of the server."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy.kit import wheels
from deploy.kit.errors import KitError
from deploy.kit.targets import PYTHONS, linux, windows
from tests.kit.conftest import ROOT

SERVER = {"stem", "sqlalchemy", "alembic", "psycopg", "psycopg-binary", "flask-babel"}


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def played_wheel(path: Path, *needs: str) -> Path:
    name, version = path.name.split("-")[:2]
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {needed}" for needed in needs)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(lines) + "\n\n")
    return path


def test_the_desk_has_the_versions_that_are_tested() -> None:
    desk = pins("desk")
    assert desk.items() <= pins("runtime").items()
    assert desk.items() <= pins("dev").items()
    assert not SERVER & desk.keys()


def test_complete(tmp_path: Path) -> None:
    one = played_wheel(
        tmp_path / "one-1-py3-none-any.whl", "Two>=2", 'three; sys_platform == "win32"', 'x; extra == "y"'
    )
    two = played_wheel(tmp_path / "two-2.1-py3-none-any.whl")
    wheels.check_complete([one, two], linux("3.11"))
    with pytest.raises(KitError, match=r"needs three.* on Windows"):
        wheels.check_complete([one, two], windows("3.11"))


def test_too_old(tmp_path: Path) -> None:
    one = played_wheel(tmp_path / "one-1-py3-none-any.whl", "two>=3")
    two = played_wheel(tmp_path / "two-2.1-py3-none-any.whl")
    with pytest.raises(KitError, match="needs two>=3"):
        wheels.check_complete([one, two], linux("3.11"))


def test_ours_needs_what_a_desk_needs(tmp_path: Path) -> None:
    ours = played_wheel(
        tmp_path / "portevoix-0.1.0-py3-none-any.whl", 'typst; extra == "desk"', 'stem; extra == "server"'
    )
    with pytest.raises(KitError, match="needs typst"):
        wheels.check_complete([ours], linux("3.11"))


@pytest.mark.parametrize("python", PYTHONS)
def test_pythons_of_linux(python: str) -> None:
    target = linux(python)
    assert target.markers["python_version"] == python
    assert target.platforms[0] == "manylinux1_x86_64"
    assert all(platform.endswith("_x86_64") for platform in target.platforms)


def test_nobody_writes_an_index_into_the_project() -> None:
    found = subprocess.run(["git", "grep", "-lE", "index-url *[=:]? *http"], cwd=ROOT, capture_output=True, check=False)
    assert (found.returncode, found.stdout) == (1, b"")
