"""The machine's own checks, each on a good machine and on a bad one."""

import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from portal.doctor import backups, clock, configuration, disk, dumps, journal, swap, units
from portal.doctor import machine as machines
from portal.doctor.disk import Room
from portal.limits import MIB
from portal.settings import Settings
from tests.doctor.planted import check, machine

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
TODAY = NOW.date()
HOUR = timedelta(hours=1)
SYSTEMD = {"/run/systemd/system/": ""}


class TestClock:
    @pytest.mark.parametrize(
        ("said", "known", "consensus", "level", "says"),
        [
            ("yes\n", [], None, "ok", "is synchronised"),
            ("no\n", [], None, "warn", "not synchronised"),
            (None, [], (NOW - HOUR, NOW + HOUR), "ok", "agrees with the Tor network"),
            (None, [], None, "warn", "Nothing here tells"),
            ("yes\n", [date(2026, 11, 26)], None, "bad", "2026-11-26 has been already"),
            ("yes\n", [date(2026, 11, 25)], None, "ok", "is synchronised"),
            ("yes\n", [], (NOW + HOUR, NOW + 4 * HOUR), "bad", "behind that of the Tor network by 60 minutes"),
            ("yes\n", [], (NOW - 30 * HOUR, NOW - 26 * HOUR), "bad", "ahead of the Tor network by 26 hours"),
            ("yes\n", [], (NOW - 30 * HOUR, NOW - 23 * HOUR), "ok", "is synchronised"),
        ],
    )
    def test_clock(
        self,
        tmp_path: Path,
        said: str | None,
        known: list[date],
        consensus: clock.Consensus | None,
        level: str,
        says: str,
    ) -> None:
        planted = machine(tmp_path, programs={"timedatectl show": said} if said else {})
        check(clock.check(planted, NOW, known, consensus), level, says)


class TestDisk:
    @pytest.mark.parametrize(
        ("free", "database", "level", "says"),
        [
            (Room(2048 * MIB, None), 0, "ok", "2048 MiB are free"),
            (Room(2048 * MIB, 10_000), 1000 * MIB, "ok", "2048 MiB are free"),
            (Room(2048 * MIB, None), 1025 * MIB, "warn", "the order of arrival stays"),
            (Room(1023 * MIB, None), 0, "bad", "reports with files are refused"),
            (Room(63 * MIB, None), 0, "bad", "every report is refused"),
            (Room(2048 * MIB, 999), 0, "bad", "999 inodes"),
        ],
    )
    def test_disk(self, tmp_path: Path, free: Room, database: int, level: str, says: str) -> None:
        settings = Settings(state=tmp_path, keys=tmp_path, database="")
        check(disk.check(settings, free, database), level, says)

    def test_this_disk(self, tmp_path: Path) -> None:
        assert disk.room(tmp_path).bytes > 0


SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def swaps(*names: str) -> str:
    return SWAPS + "".join(f"{name}  partition\t1000\t\t0\t\t-2\n" for name in names)


class TestSwap:
    @pytest.mark.parametrize(
        ("files", "level"),
        [
            ({"/proc/swaps": SWAPS}, "ok"),
            ({"/proc/swaps": swaps("/dev/zram0")}, "ok"),
            ({"/proc/swaps": swaps("/dev/zram0"), "/sys/block/zram0/backing_dev": "none\n"}, "ok"),
            ({"/proc/swaps": swaps("/dev/zram0"), "/sys/block/zram0/backing_dev": "/dev/sda5\n"}, "bad"),
            ({"/proc/swaps": swaps("/dev/dm-1"), "/sys/class/block/dm-1/dm/uuid": "CRYPT-PLAIN-swap\n"}, "ok"),
            ({"/proc/swaps": swaps("/dev/sda5")}, "bad"),
            ({"/proc/swaps": swaps("/dev/dm-1"), "/sys/class/block/dm-1/dm/uuid": "LVM-x\n"}, "bad"),
            (
                {
                    "/proc/swaps": swaps("/dev/dm-1"),
                    "/sys/class/block/dm-1/dm/uuid": "LVM-x\n",
                    "/sys/class/block/dm-1/slaves/dm-0/": "",
                    "/sys/class/block/dm-0/dm/uuid": "CRYPT-LUKS2-x\n",
                },
                "ok",
            ),
            (
                {
                    "/proc/swaps": swaps("/dev/md0"),
                    "/sys/class/block/md0/slaves/dm-0/": "",
                    "/sys/class/block/md0/slaves/sdb1/": "",
                    "/sys/class/block/dm-0/dm/uuid": "CRYPT-LUKS2-x\n",
                },
                "bad",
            ),
            ({}, "warn"),
        ],
        ids=[
            "none",
            "in memory",
            "in memory, said so",
            "in memory with a disk behind it",
            "dm-crypt",
            "a partition",
            "LVM",
            "LVM on LUKS",
            "half of a RAID on LUKS",
            "no /proc",
        ],
    )
    def test_swap(self, tmp_path: Path, files: dict[str, str], level: str) -> None:
        found = swap.check(machine(tmp_path, files))
        check(found, level)
        if level == "bad":
            assert "`swapoff /dev/" in found.fix

    @pytest.mark.parametrize(("uuid", "level"), [("CRYPT-LUKS2-x", "ok"), ("LVM-x", "bad")])
    def test_a_file(self, tmp_path: Path, uuid: str, level: str) -> None:
        """Its name has a blank, which the kernel writes as \\040."""
        device = tmp_path.stat().st_dev
        place = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/dm/uuid"
        planted = machine(tmp_path, {"/proc/swaps": swaps("/swap\\040file"), "/swap file": "", place: uuid})
        check(swap.check(planted), level)


class TestDumps:
    @pytest.mark.parametrize(
        ("pattern", "more", "level", "says"),
        [
            ("core", {}, "ok", "The portal forbids dumps"),
            ("", {}, "ok", "No program"),
            ("|/bin/false", {}, "ok", "No program"),
            ("|/usr/lib/systemd/systemd-coredump %P", {}, "warn", "/usr/lib/systemd/systemd-coredump"),
            (
                "|/usr/lib/systemd/systemd-coredump %P",
                {"/etc/systemd/coredump.conf": "[Coredump]\nStorage=none\n"},
                "ok",
                "keeps nothing",
            ),
            ("|/usr/share/apport/apport %p", {}, "warn", "/usr/share/apport/apport"),
            ("core", {"/proc/77/limits": "Max core file size        0        unlimited      bytes\n"}, "ok", "forbids"),
            (
                "core",
                {"/proc/77/limits": "Max core file size        unlimited      unlimited      bytes\n"},
                "bad",
                "process 77",
            ),
        ],
    )
    def test_dumps(self, tmp_path: Path, pattern: str, more: dict[str, str], level: str, says: str) -> None:
        planted = machine(tmp_path, {"/proc/sys/kernel/core_pattern": pattern + "\n", **more})
        check(dumps.check(planted, 77), level, says)
        if level != "bad":
            check(dumps.check(planted, None), level, says)


class TestJournal:
    @pytest.mark.parametrize(
        ("files", "level", "says"),
        [
            ({}, "ok", "a few days at most"),
            ({"/etc/systemd/journald.conf": "[Journal]\nStorage=volatile\n", "/var/log/journal/": ""}, "ok", ""),
            (
                {"/etc/systemd/journald.conf": "[Journal]\n#Storage=auto\n", "/var/log/journal/": ""},
                "warn",
                "for months",
            ),
            ({"/etc/systemd/journald.conf": "[Journal]\nStorage=persistent\n"}, "warn", "for months"),
            (
                {
                    "/etc/systemd/journald.conf": "[Journal]\nStorage=persistent\n",
                    "/etc/systemd/journald.conf.d/p.conf": "[Journal]\nMaxRetentionSec=7day\n",
                },
                "ok",
                "",
            ),
            (
                {"/etc/systemd/journald.conf": "[Journal]\nStorage=persistent\nMaxRetentionSec=8d\n"},
                "warn",
                "for months",
            ),
            ({"/etc/rsyslog.conf": ""}, "warn", "rsyslog keeps a second copy"),
            ({"/etc/rsyslog.conf": "", "/etc/systemd/journald.conf": "[Journal]\nForwardToSyslog=no\n"}, "ok", ""),
            ({"/etc/systemd/journal-upload.conf": "[Upload]\nURL=https://logs.example\n"}, "bad", "another machine"),
        ],
    )
    def test_journal(self, tmp_path: Path, files: dict[str, str], level: str, says: str) -> None:
        check(journal.check(machine(tmp_path, {**SYSTEMD, **files})), level, says)

    def test_as_installed(self, tmp_path: Path) -> None:
        """With the file that deploy/install.sh puts in place, on a Debian that keeps its journal and has rsyslog."""
        ours = (Path(__file__).parents[2] / "deploy" / "portevoix.journald").read_text()
        debian = {"/var/log/journal/": "", "/etc/rsyslog.conf": "", "/etc/systemd/journald.conf": "[Journal]\n"}
        check(journal.check(machine(tmp_path, {**SYSTEMD, **debian})), "warn", "for months", "rsyslog")
        machine(tmp_path, {journal.DROP_IN: ours})
        check(journal.check(machine(tmp_path)), "ok")

    def test_without_systemd(self, tmp_path: Path) -> None:
        check(journal.check(machine(tmp_path)), "warn", "systemd does not run here")

    @pytest.mark.parametrize(
        ("span", "seconds"),
        [
            ("", 0),
            ("0", 0),
            ("90", 90),
            ("1week", 604_800),
            ("1h 30min", 5400),
            ("1month", 2_592_000),
            ("often", 0),
            ("1 x", 0),
        ],
    )
    def test_spans(self, span: str, seconds: int) -> None:
        assert journal.seconds(span) == seconds


def test_drop_ins_go_by_their_name_and_the_operators_go_first(tmp_path: Path) -> None:
    planted = machine(
        tmp_path,
        {
            "/usr/lib/systemd/x.conf": "[A]\nOne=vendor\nTwo=vendor\n",
            "/etc/systemd/x.conf": "[A]\nOne=file\n[B]\nTwo=other\n; One=no\n",
            "/usr/lib/systemd/x.conf.d/90-z.conf": "[A]\nOne=z\n",
            "/etc/systemd/x.conf.d/10-a.conf": "[A]\nOne=a\nThree = 3 \n",
            "/usr/lib/systemd/x.conf.d/50-m.conf": "[A]\nFour=vendor\n",
            "/run/systemd/x.conf.d/50-m.conf": "[A]\nFour=run\n",
        },
    )
    assert configuration.read(planted, "x.conf", "A") == {"One": "z", "Three": "3", "Four": "run"}


class TestUnits:
    EXPOSED = "→ Overall exposure level for {0}: {1} {2}\n"

    def said(self, portal: str, tor: str) -> dict[str, str]:
        return {
            "systemd-analyze security --no-pager portevoix.service": self.EXPOSED.format(
                "portevoix.service", portal, "OK"
            ),
            "systemd-analyze security --no-pager portevoix-tor.service": self.EXPOSED.format("x.service", tor, "OK"),
        }

    def test_as_delivered(self, tmp_path: Path) -> None:
        check(units.check(machine(tmp_path, SYSTEMD, self.said("0.3", "1.5"))), "ok")

    def test_opened_by_hand(self, tmp_path: Path) -> None:
        found = units.check(machine(tmp_path, SYSTEMD, self.said("4.9", "1.5")))
        check(found, "bad", "portevoix.service has an exposure of 4.9, and 1.0")
        assert "`systemctl revert portevoix.service`" in found.fix

    def test_a_network_alone_hardly_moves_the_exposure(self, tmp_path: Path) -> None:
        shown = {"systemctl show": "PrivateNetwork=no\nNoNewPrivileges=yes\nProtectSystem=strict\nLimitCORE=0\n"}
        found = units.check(machine(tmp_path, SYSTEMD, {**self.said("0.8", "1.5"), **shown}))
        check(found, "bad", "portevoix.service has PrivateNetwork=no, and must have yes")
        sound = {"systemctl show": shown["systemctl show"].replace("PrivateNetwork=no", "PrivateNetwork=yes")}
        check(units.check(machine(tmp_path, SYSTEMD, {**self.said("0.3", "1.5"), **sound})), "ok")

    def test_not_installed(self, tmp_path: Path) -> None:
        found = units.check(machine(tmp_path, SYSTEMD))
        check(found, "warn", "portevoix.service cannot be found out", "portevoix-tor.service cannot")

    def test_without_systemd(self, tmp_path: Path) -> None:
        check(units.check(machine(tmp_path)), "warn", "systemd does not run here")


class TestBackups:
    @pytest.mark.parametrize(
        ("names", "level", "says"),
        [
            (["portevoix-2026-11-25.age"], "ok", "is of 2026-11-25"),
            (["portevoix-2026-11-18.age", "portevoix-2026-11-24.age"], "ok", "is of 2026-11-24"),
            (["portevoix-2026-11-22.age"], "warn", "is 3 days old"),
            (["portevoix-2026-11-17.age"], "bad", "is 8 days old"),
            (["portevoix-2026-11-17.age", "portevoix-2026-11-25.age"], "warn", "A backup of 2026-11-17 is still there"),
            (["portevoix-2026-13-45.age", "notes.txt"], "bad", "There is no backup"),
            ([], "bad", "There is no backup"),
        ],
    )
    def test_backups(self, tmp_path: Path, names: list[str], level: str, says: str) -> None:
        for name in names:
            (tmp_path / name).touch()
        check(backups.check(tmp_path, TODAY), level, says)

    def test_no_folder(self, tmp_path: Path) -> None:
        check(backups.check(tmp_path / "none", TODAY), "bad", "There is no backup")


def test_programs_that_are_not_there_fail_or_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machines.run([sys.executable, "-c", "print('yes')"]) == "yes\n"
    assert machines.run([sys.executable, "-c", "raise SystemExit(1)"]) is None
    assert machines.run(["/nowhere/program"]) is None
    monkeypatch.setattr(machines, "RUN_SECONDS", 0.2)
    assert machines.run(["sleep", "60"]) is None


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    planted = machine(tmp_path)
    (tmp_path / "x").write_bytes(b"a\xff")
    assert planted.read("/x") == "a\ufffd"
    assert planted.read("/none") == planted.read("/") == ""
