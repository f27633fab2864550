"""What the portal's files for systemd, AppArmor and its settings say, checked by the programs that will read them."""

import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from portal import cli
from portal.settings import DeskInfo, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = sorted(path.name for path in DEPLOY.glob("*.service"))
EXPOSURE = {
    "portevoix.service": 1.0,
    "portevoix-backup.service": 1.0,
    "portevoix-doctor.service": 1.5,
    "portevoix-tor.service": 2.0,
}
"""The most that `systemd-analyze security` may find; tor has a network."""


def analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    assert shutil.which("systemd-analyze"), "install the Debian package systemd"
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("service", SERVICES)
def test_how_exposed_a_service_is(service: str) -> None:
    done = analyze("security", "--offline=true", "--no-pager", DEPLOY / service)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= EXPOSURE[service], done.stdout


@pytest.mark.parametrize(
    "unit", sorted(path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))
)
def test_systemd_understands_every_line(unit: str) -> None:
    done = analyze("verify", "--recursive-errors=no", DEPLOY / unit)
    complaints = [line for line in done.stderr.splitlines() if unit in line and "is not executable" not in line]
    assert complaints == []


def test_the_profile_is_one() -> None:
    assert shutil.which("apparmor_parser"), "install the Debian package apparmor"
    command = ["apparmor_parser", "-QT", "--base", "/etc/apparmor.d", str(DEPLOY / "apparmor" / "portevoix")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_tor_understands_its_file(tmp_path: Path) -> None:
    text = (DEPLOY / "torrc").read_text()
    for folder in ("/var/lib/portevoix-tor", "/run/portevoix-tor"):
        (tmp_path / folder.lstrip("/")).mkdir(parents=True, mode=0o700)
        text = text.replace(folder, str(tmp_path / folder.lstrip("/")))
    (tmp_path / "torrc").write_text(text)
    command = ["tor", "-f", str(tmp_path / "torrc"), "--verify-config", "--hush"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", ["install.sh", "portevoix", "portevoix-seal"])
def test_the_scripts_are_shell(script: str) -> None:
    subprocess.run(["sh", "-n", str(DEPLOY / script)], check=True)


def named(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]{4,}", text))


@pytest.mark.parametrize("page", ["deploy/portal.toml", "docs/operations.md"])
@pytest.mark.parametrize("setting", [field.name for field in msgspec.structs.fields(Settings) if field.name != "state"])
def test_every_setting_is_documented(page: str, setting: str) -> None:
    assert setting in named((ROOT / page).read_text())


@pytest.mark.parametrize("setting", [field.name for field in msgspec.structs.fields(DeskInfo)])
def test_every_setting_of_a_desk_is_documented(setting: str) -> None:
    assert setting in named((DEPLOY / "portal.toml").read_text())


def test_the_file_of_settings_is_read(tmp_path: Path) -> None:
    """As it is, and with every comment taken as a setting."""
    text = (DEPLOY / "portal.toml").read_text()
    assert set(msgspec.toml.decode(text)) == {"tor_control"}
    shown = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)
    found = msgspec.toml.decode(shown)
    assert set(found) == {field.name for field in msgspec.structs.fields(Settings)} - {"state"}
    msgspec.convert(found | {"state": "."}, Settings, dec_hook=lambda kind, value: kind(value))


def test_the_operators_command_knows_only_commands_that_there_are() -> None:
    text = (DEPLOY / "portevoix").read_text()
    called = set(re.findall(r"\brun ([a-z-]+) --state ", text))
    assert called == {
        *("address", "check", "doctor", "waiting", "export", "import"),
        *("backup", "restore", "tend", "renew-session", "roster"),
    }
    for command in called:
        with pytest.raises(SystemExit) as ended:
            cli.main([command, "--help"])
        assert ended.value.code == 0
