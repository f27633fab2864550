"""The Windows half of a kit. No Windows runs here: what can be proven without one is proven, from its files."""

import re
from pathlib import Path

import pytest

from deploy.kit import windows
from deploy.kit.errors import KitError
from deploy.kit.wheels import requirements
from tests.kit import pe
from tests.kit.conftest import Kit, played_python

FROM_PYTHON = {"python3.dll", "python311.dll", "vcruntime140.dll", "vcruntime140_1.dll"}
"""Libraries that python.org's embeddable Python brings."""
FROM_WINDOWS = {
    *("advapi32", "bcryptprimitives", "combase", "comctl32", "crypt32", "gdi32", "kernel32", "ntdll", "ole32"),
    *("psapi", "secur32", "shell32", "user32", "ws2_32"),
}
"""Libraries of every Windows 10 and newer."""


@pytest.fixture
def python(kit: Kit) -> Path:
    return kit.folder / "windows" / "python"


@pytest.mark.e2e
def test_the_python_finds_its_packages(python: Path) -> None:
    assert (python / "python311._pth").read_bytes() == b"python311.zip\r\n.\r\nLib\\site-packages\r\n"
    assert (python / "python.exe").exists()
    assert (python / "Lib" / "site-packages" / "portal" / "desk" / "cli.py").exists()
    assert (python / "Lib" / "site-packages" / "portal" / "desk" / "triage.toml").exists()


@pytest.mark.e2e
def test_every_package_of_the_desk_is_unpacked(kit: Kit, python: Path) -> None:
    pins = re.findall(r"^([\w.-]+==\S+)", (kit.folder / "linux" / "requirements.txt").read_text("ascii"), re.MULTILINE)
    unpacked = {path.name for path in (python / "Lib" / "site-packages").glob("*.dist-info")}
    names = {re.sub(r"[-_.]+", "-", name.removesuffix(".dist-info").rsplit("-", 1)[0]).lower() for name in unpacked}
    assert len(pins) > 40
    assert {pin.partition("==")[0] for pin in pins} <= names


@pytest.mark.e2e
def test_nothing_of_another_system(python: Path) -> None:
    found = [path for path in python.rglob("*") if path.suffix in (".so", ".dylib", ".pth", ".whl")]
    assert found == []


@pytest.mark.e2e
def test_every_library_that_is_loaded_is_there(python: Path) -> None:
    """Each compiled module is for 64-bit Windows, and needs only what the kit, its Python or Windows itself has."""
    compiled = [path for path in python.rglob("*") if path.suffix in (".pyd", ".dll")]
    there = {path.name.lower() for path in compiled} | FROM_PYTHON | {f"{name}.dll" for name in FROM_WINDOWS}
    assert len(compiled) > 50
    for path in compiled:
        data = path.read_bytes()
        assert pe.machine(data) == pe.AMD64, path
        missing = {name for name in pe.imports(data) if name not in there and not name.startswith("api-ms-win-")}
        assert missing == set(), path


@pytest.mark.e2e
def test_the_casebooks_encryption_is_among_them(python: Path) -> None:
    """Without sqlcipher3 there is no desk, and few packages of it exist for Windows."""
    (module,) = (python / "Lib" / "site-packages" / "sqlcipher3").glob("*.pyd")
    assert b"SQLCipher" in module.read_bytes() or b"sqlcipher" in module.read_bytes()


@pytest.mark.e2e
def test_the_command(kit: Kit) -> None:
    text = (kit.folder / "windows" / "Desk.cmd").read_bytes()
    assert text.isascii()
    assert text.count(b"\n") == text.count(b"\r\n") > 20
    assert b"portal.desk.cli open" in text
    assert b'python=%~dp0python\\python.exe"' in text
    targets = set(re.findall(rb"goto (\w+)", text))
    assert targets <= set(re.findall(rb"^:(\w+)\r$", text, re.MULTILINE))


def test_another_python_is_refused(tmp_path: Path) -> None:
    played_python(tmp_path / "python.zip")
    with pytest.raises(KitError, match="not the one that is expected"):
        windows.check(tmp_path / "python.zip")


def test_a_zip_that_is_no_python(tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_bytes(b"")
    sha256 = played_python(tmp_path / "python.zip", **{"python310._pth": b""})
    with pytest.raises(KitError, match="not an embeddable Python"):
        windows.check(tmp_path / "python.zip", sha256)


@pytest.mark.parametrize("name", ["../evil.dll", "/evil.dll", "C:evil.dll", "module.so", "hook.pth"])
def test_what_does_not_belong_there(tmp_path: Path, name: str) -> None:
    sha256 = played_python(tmp_path / "python.zip", **{name: b"x"})
    with pytest.raises(KitError, match="holds"):
        windows.unpack(windows.check(tmp_path / "python.zip", sha256), [], tmp_path / "out")
    assert not (tmp_path / "evil.dll").exists()


def test_two_parts_never_share_a_file(tmp_path: Path) -> None:
    sha256 = played_python(tmp_path / "python.zip")
    wheel = tmp_path / "one-1-py3-none-any.whl"
    played_python(wheel)
    with pytest.raises(KitError, match="brought already"):
        windows.unpack(windows.check(tmp_path / "python.zip", sha256), [wheel, wheel], tmp_path / "out")


def test_requirements_name_all_hashes(tmp_path: Path) -> None:
    for name in ("one-1-cp311-cp311-win_amd64.whl", "one-1-cp312-cp312-win_amd64.whl", "two-2-py3-none-any.whl"):
        (tmp_path / name).write_bytes(name.encode())
    text = requirements(tmp_path.glob("*.whl"))
    assert [line.partition(" ")[0] for line in text.splitlines()] == ["one==1", "two==2"]
    assert text.count("--hash=sha256:") == 3
