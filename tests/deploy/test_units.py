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
    "portevoix.service": 0.4,
    "portevoix-backup.service": 0.4,
    "portevoix-doctor.service": 0.7,
    "portevoix-tor.service": 1.3,
}
"""The most that `systemd-analyze security` may find: 0.1 more than it does. tor has a network."""


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


SETTINGS = [field.name for field in msgspec.structs.fields(Settings) if field.name != "state"]
DESK_SETTINGS = [field.name for field in msgspec.structs.fields(DeskInfo)]


def in_the_table(page: str) -> set[str]:
    """The settings that a row of the table of settings begins with: `a`, or `a`, `b`, or `a.NAME`, …"""
    section = page.partition("\n## Settings")[2].partition("\n## ")[0]
    firsts = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for first in firsts for name in re.findall(r"`([a-zA-Z_.]+)`", first)}


def in_the_file(text: str) -> dict[str, set[str]]:
    """By table ("" for none) what deploy/portal.toml assigns, or names as a table, in a comment or not."""
    found: dict[str, set[str]] = {"": set()}
    table = ""
    for header, name in re.findall(r"^(?:# )?(?:\[([a-z_.]+)\]$|([a-z_]+) = )", text, flags=re.MULTILINE):
        if header:
            table = header
            found[""].add(header.partition(".")[0])
        found.setdefault(table, set()).update([name] if name else [])
    return found


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_documented(setting: str) -> None:
    rows = in_the_table((ROOT / "docs" / "operations.md").read_text())
    assert setting in {row.partition(".")[0] for row in rows}
    assert setting in in_the_file((DEPLOY / "portal.toml").read_text())[""]


@pytest.mark.parametrize("setting", DESK_SETTINGS)
def test_every_setting_of_a_desk_is_documented(setting: str) -> None:
    rows = in_the_table((ROOT / "docs" / "operations.md").read_text())
    assert {f"desks.NAME.{setting}", f".{setting}"} & rows
    assert setting in in_the_file((DEPLOY / "portal.toml").read_text())["desks.police"]


def test_a_word_elsewhere_is_no_documentation() -> None:
    page = "| `x` |\n## Settings: `title`\n\nSet `keys`.\n\n| `a_b`, `c` | `d` |\n| `e.NAME.f` | |\n\n## Every\n| `g` |"
    assert in_the_table(page) == {"a_b", "c", "e.NAME.f"}
    text = '# keys of a kind\n# a = 1  # b = 2\nc = 3\n# d=4\n# [e.f]\n# g = "h = 1"\n'
    assert in_the_file(text) == {"": {"a", "c", "e"}, "e.f": {"g"}}


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
