"""All checks together, and the command."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal import cli, server
from portal.doctor import examination, finding
from portal.doctor.examination import Subject, examine
from portal.errors import SettingsError
from portal.settings import load
from portal.store import lock_state
from tests import test_roster
from tests.doctor.planted import machine
from tests.doctor.test_portal import listening
from tests.test_desks import write_desk
from tests.tor.fake_tor import FAST

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
CHECKS = [
    "clock",
    "disk",
    "permissions",
    "secrets",
    "swap",
    "core dumps",
    "journal",
    "units",
    "backup",
    "database",
    "one portal",
    "tor version",
    "tor proof of work",
    "onion address",
    "roster",
    "keys",
    "session secret",
    "waiting",
]
GOOD_FILES = {
    "/run/systemd/system/": "",
    "/proc/swaps": "Filename\n",
    "/proc/sys/kernel/core_pattern": "core\n",
    **{f"/etc/portevoix/sealed/{name}": "" for name in ("receipt.secret", "session.secret", "portal.key", "onion.key")},
}
GOOD_PROGRAMS = {
    "timedatectl": "yes\n",
    "systemd-analyze security --no-pager portevoix.service": "Overall exposure level for portevoix.service: 0.3 OK\n",
    "systemd-analyze security --no-pager portevoix-tor.service": "Overall exposure level for x.service: 1.4 OK\n",
    "tor --version": "Tor version 0.4.9.11.\n",
    "tor --list-modules": "pow: yes\n",
}


@pytest.fixture
def folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A portal in `state` that was never started, three desks' keys, and a signed roster."""
    assert cli.main(["init", "--state", str(tmp_path / "state")]) == 0
    listed = []
    for name in ("police", "stopline", "ecpat"):
        recipient = write_desk(tmp_path / "keys", name)
        key = (tmp_path / "keys" / f"{name}.pub").read_text().split("\n")[1]
        listed.append(test_roster.entry(name, key, (recipient, "2026-01-01", "2027-12-01")))
    test_roster.sign(tmp_path / "keys", test_roster.HEAD.format(number=1) + "".join(listed))
    pinned = test_roster.COORDINATION.public_key.to_base64().decode()
    (tmp_path / "state" / "portal.toml").write_text(f'coordination_key = "{pinned}"\n')
    capfd.readouterr()
    return tmp_path


def examined(folder: Path, more: Mapping[str, str] | None = None) -> list[finding.Finding]:
    planted = machine(folder / "machine", {**GOOD_FILES, **(more or {})}, GOOD_PROGRAMS)
    (folder / "backups").mkdir(exist_ok=True)
    (folder / "backups" / "portevoix-2026-11-25.age").touch()
    chosen = load(folder / "state", folder / "keys")
    return examine(Subject(chosen, backups=folder / "backups", machine=planted, limits=FAST), NOW)


def test_all_that_can_be_well_without_tor_is_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the unit sees it, to which systemd hands the sealed secrets."""
    (folder / "credentials").mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder / "credentials"))
    for name in ("receipt.secret", "session.secret", "portal.key"):
        (folder / "state" / name).rename(folder / "credentials" / name)
    with lock_state(folder / "state"), listening(folder / "state" / server.SOCKET):
        found = {one.check: one.level for one in examined(folder, {"/proc/locks": Path("/proc/locks").read_text()})}
    assert list(found) == CHECKS
    assert {check for check, level in found.items() if level != "ok"} == {"onion address"}


def test_a_portal_that_is_not_started(folder: Path) -> None:
    found = {one.check: one for one in examined(folder)}
    assert found["one portal"].level == found["onion address"].level == "warn"
    assert "No portal serves" in found["one portal"].message


def test_a_database_that_is_gone_and_the_rest(folder: Path) -> None:
    (folder / "state" / "portal.db").unlink()
    found = {one.check: one for one in examined(folder)}
    assert list(found) == CHECKS
    assert found["database"].level == "bad"
    assert found["waiting"].message.startswith("This could not be looked at: The database")
    assert found["disk"].message.startswith("This could not be looked at: ")
    assert found["keys"].level == "ok"


def test_a_channel_that_goes_to_no_desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SettingsError("Channel travel goes to no desk: name one in the settings.")

    monkeypatch.setattr(examination.server, "routes", fail)
    found = {one.check: one for one in examined(folder)}
    assert found["keys"].message == (
        "This could not be looked at: Channel travel goes to no desk: name one in the settings."
    )
    assert found["keys"].level == "warn"


def test_a_day_that_has_been_tells_on_the_clock(folder: Path) -> None:
    text = (folder / "keys" / "roster.toml").read_text().replace("day = 2026-11-25", "day = 2026-11-26")
    test_roster.sign(folder / "keys", text)
    assert examined(folder)[0].level == "bad"


def test_the_command(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """On this machine, whatever it is: in words and for programs, with the exit status of the worst."""
    arguments = ["doctor", "--state", str(folder / "state"), "--keys", str(folder / "keys")]
    arguments += ["--backups", str(folder / "none")]
    status = cli.main([*arguments, "--json"])
    found = json.loads(capfd.readouterr().out)
    assert [one["check"] for one in found] == CHECKS
    assert all(set(one) == {"check", "level", "message", "fix"} for one in found)
    assert {one["level"] for one in found} <= {"ok", "warn", "bad"}
    assert all("`" in one["fix"] or "/" in one["fix"] for one in found if one["level"] != "ok")
    assert status == 4
    assert cli.main(arguments) == 4
    out = capfd.readouterr().out
    assert "BAD   backup             There is no backup in" in out
    assert max(map(len, out.splitlines())) <= 110 + len(str(folder))
    assert out.splitlines()[-1].endswith(" in order.")
    assert "What waits" in out
    assert cli.main([*arguments, "--brief"]) == 4
    brief = capfd.readouterr().out
    assert "BAD   backup             There is no backup in" in brief
    assert "What waits" not in brief
    assert "ok  " not in brief
    assert brief.splitlines()[-1] == out.splitlines()[-1]


@pytest.mark.parametrize(("levels", "status"), [("ok ok", 0), ("ok warn", 3), ("bad warn", 4), ("", 0)])
def test_the_exit_status_is_the_worst(
    folder: Path, monkeypatch: pytest.MonkeyPatch, levels: str, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    found = [finding.Finding("x", level, "A sentence.", "") for level in levels.split()]  # type: ignore[arg-type]
    monkeypatch.setattr(examination, "examine", lambda subject: found)
    assert cli.main(["doctor", "--state", str(folder / "state")]) == status


def test_no_state_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--state", str(tmp_path / "none")]) == 1
    assert "portal init" in capfd.readouterr().err


def test_several_findings_are_one() -> None:
    found = finding.gathered("x", [finding.warn("x", "One.", "`a`"), finding.bad("x", "Two.", "`b`")], "Fine.")
    assert found == finding.Finding("x", "bad", "Two. One.", "`b` `a`")
    assert finding.gathered("x", [], "Fine.") == finding.ok("x", "Fine.")
    assert finding.worst([]) == "ok"
