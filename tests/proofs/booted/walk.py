"""From a bare machine to the first report and to the end of the machine's life, as docs/operations.md says it.

Each step raises AssertionError with what went wrong; what it measured goes into the result.
"""

import contextlib
import http.client
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from portal.limits import MIB
from tests.proofs.booted import planted, probe, walls
from tests.proofs.booted.machine import Machine, soon
from tests.proofs.booted.operator import INSTALL, START_SECONDS, STICK, Operator, versions
from tests.proofs.seizure import visits
from tests.proofs.seizure.needles import Search
from tests.proofs.seizure.visits import Marks
from tor import PrivateNetwork

EXPOSURE = {
    "portevoix.service": 1.0,
    "portevoix-backup.service": 1.0,
    "portevoix-doctor.service": 1.5,
    "portevoix-tor.service": 2.0,
}
"""The most that systemd may find; tor has a network."""
TIMERS = ("portevoix-backup.timer", "portevoix-doctor.timer")
SERVICES = ("portevoix.service", "portevoix-tor.service")
NEWER, BROKEN = "1000.1", "1000.2"
"""Versions of releases that are newer than ours."""
STARVED_BYTES = 40 * MIB
"""Less than one receipt takes."""
COUNTS = (b"What waits", b"sealed item", b" items, ", b"/NOTIMPLEMENTED")
"""What the operator's commands say or return when something waits, which the journal would keep with a time."""
_EXPECTED_WARNINGS = {"clock", "roster"}
"""Nothing sets the clock of the machine, and no coordination signs its roster."""
_LEFT = (
    *("opt/portevoix", "etc/portevoix", "etc/systemd/*/portevoix*", "usr/local/sbin/portevoix*", "run/portevoix*"),
    *("var/lib/portevoix*", "var/lib/systemd/timers/*portevoix*", "var/backups/portevoix", "etc/apparmor.d/portevoix"),
)
"""Where nothing may be left of it."""


class Walk:
    """One walk. `told` are the sentences for the result."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.marks = Marks()
        self.told: list[str] = []
        self._folder = folder
        self._words = ""
        self._items = 0
        self.operator = Operator(machine, folder)

    def all(self) -> None:
        """The whole walk."""
        begin = time.monotonic()
        with contextlib.closing(self.operator):
            self.install()
            self.serve_without_network()
            with PrivateNetwork(self._folder) as network:
                self.enter(network)
                self.told.append(f"{versions(self.machine)}: first report over Tor {time.monotonic() - begin:.0f} s on")
                self.exchange()
                self.timers()
                self.walls()
                self.die()
                self.releases()
                self.reboot()
                self.restore()
            self.journal()
            self.faults()
            self.leave()

    def install(self) -> None:
        """Everything is in place and waits for the desks' keys; Debian's own tor is off."""
        said = self.operator.install()
        assert "Next: put the desks' NAME.recipients and NAME.pub into /etc/portevoix/keys" in said, said
        assert "portal serve" not in said, said
        assert self.machine.look("systemctl", "is-enabled", "tor.service").out.strip() == "disabled"
        assert self.machine.shown("tor@default.service", "ActiveState") == "inactive"
        self._active(*TIMERS)
        clear = self.machine.root / "var/lib/portevoix"
        assert not [path for name in ("receipt.secret", "onion.key") if (path := clear / name).exists()]
        self.operator.bring_keys()

    def serve_without_network(self) -> None:
        """A tor that reaches nothing: the portal says so, and serves its socket all the same."""
        self.machine("systemctl", "start", "portevoix")
        self.operator.started()
        assert "active (running)" in self.machine("systemctl", "status", "--no-pager", "portevoix").out
        soon(lambda: "entering the Tor network: " in self.operator.log(), START_SECONDS, "the log tells how far tor is")
        self._words = self._file(2)
        found = self.operator.doctor()
        assert found["onion address"].startswith("bad: tor has not entered the Tor network: it stands at "), found
        assert found["backup"].startswith("bad: "), found

    def enter(self, network: PrivateNetwork) -> None:
        """The onion address answers, and a report comes through it."""
        self.operator.enter(network)
        visits.file(self.operator.by_tor(network), self.marks, 3)
        self._items += 1
        visits.look_around(self.operator.by_socket(), self.marks)

    def exchange(self) -> None:
        """What waits goes to the desks, the answers come back, and a reporter reads one."""
        assert any(self.operator.waiting(name) for name in self.operator.desks)
        cases = self.operator.answer(self.marks["answer of a desk"])
        assert cases >= self._items
        assert not any(self.operator.waiting(name) for name in self.operator.desks)
        visits.follow(self.operator.by_socket(), self.marks, self._words)
        assert any(self.operator.waiting(name) for name in self.operator.desks)

    def timers(self) -> None:
        """Each timer's service once, and what is done by hand."""
        for unit in ("portevoix-backup", "portevoix-doctor"):
            self.machine("systemctl", "start", unit)
            assert self.machine.shown(unit, "Result") == "success"
        backups = list((self.machine.root / "var/backups/portevoix").iterdir())
        assert [path.suffix for path in backups] == [".age"]
        levels = self.operator.doctor()
        wrong = {name: said for name, said in levels.items() if not said.startswith("ok: ")}
        assert wrong.keys() <= _EXPECTED_WARNINGS, wrong
        for command in (["check"], ["tend"], ["renew-session"], ["roster"], ["draft-roster", f"{STICK}/roster.toml"]):
            self.machine("portevoix", *command)
        self.operator.started()

    def walls(self) -> None:
        """What the units declare, what the kernel holds, and what a program can do within."""
        found = {unit: walls.exposure(self.machine, unit) for unit in EXPOSURE}
        assert all(found[unit] <= most for unit, most in EXPOSURE.items()), found
        assert walls.breaches(self.machine) == []
        within, free = walls.tried(self.machine), walls.tried(self.machine, walls=False)
        assert within.forbidden == [], within
        assert len(within.expected) == len(probe.EXPECTED), within
        assert set(free.forbidden) >= probe.ANYBODY, free
        self.told.append(
            f"exposure {found['portevoix.service']}; of {len(probe.FORBIDDEN)} forbidden acts none can be done within "
            f"the unit, {len(free.forbidden)} by the same user outside"
        )

    def die(self) -> None:
        """Killed, and out of memory: systemd starts it again, and it serves."""
        killed = self._again("portevoix", lambda: self.machine.kill("portevoix"))
        starved = self._again("portevoix", self._starve)
        self._again("portevoix-tor", lambda: self.operator.published(lambda: self.machine.kill("portevoix-tor")))
        self.told.append(f"killed, it serves again after {killed:.1f} s, out of memory after {starved:.1f} s")

    def _starve(self) -> None:
        before = self.machine.main_process("portevoix")
        with self.machine.starved("portevoix.service", STARVED_BYTES):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._file(2)
            soon(lambda: self.machine.main_process("portevoix") != before, START_SECONDS, "the kernel ends the portal")

    def _again(self, unit: str, act: Callable[[], object]) -> float:
        """Do something that ends a service; the seconds until the portal serves with a new process of it."""
        before, begin = self.machine.main_process(unit), time.monotonic()
        act()
        soon(lambda: self.machine.main_process(unit) not in (0, before), START_SECONDS, f"{unit} runs again")
        self.operator.started()
        return time.monotonic() - begin

    def releases(self) -> None:
        """A newer release, one that does not start, and the way back."""
        first = self.operator.unpack(NEWER)
        assert "is in place" in self.operator.install()
        self._runs(NEWER)
        with self._broken():
            assert "was taken back" in self.operator.install(status=1)
        self._runs(NEWER)
        self.machine(INSTALL, "rollback")
        self._runs(first)
        visits.follow(self.operator.by_socket(), self.marks, self._words)

    @contextlib.contextmanager
    def _broken(self) -> Iterator[None]:
        """A release whose portal ends at once."""
        server = self.machine.root / "root/portevoix/portal/server.py"
        sound = server.read_text()
        server.write_text(f"{sound}\nraise SystemExit(7)\n")
        self.operator.unpack(BROKEN)
        yield
        server.write_text(sound)

    def _runs(self, version: str) -> None:
        assert self.operator.release() == version
        self.operator.started()
        self._active(*SERVICES, *TIMERS)

    def reboot(self) -> None:
        """All is back by itself, with the same secrets and the same address."""
        address = self.operator.address()
        self.operator.published(self.machine.reboot)
        self.operator.started()
        self._active(*SERVICES, *TIMERS)
        assert self.machine("portevoix", "address").out.strip() == address
        visits.follow(self.operator.by_socket(), self.marks, self._words)
        assert self.machine.look("systemctl", "is-system-running").out.strip() == "running"

    def restore(self) -> None:
        """A backup of this moment, put in the place of a portal."""
        self._file(2)
        waiting = {name: self.operator.waiting(name) for name in self.operator.desks}
        backup, identity = f"{STICK}/backup.age", f"{STICK}/identity"
        self.machine("portevoix", "backup", backup, "--to", str(self.operator.backup_identity.recipient))
        self.machine.append(identity, f"{self.operator.backup_identity}\n")
        address = self.operator.address()
        self.machine("portevoix", "restore", backup, identity)
        self.machine("systemctl", "start", "portevoix")
        self.operator.started()
        assert {name: self.operator.waiting(name) for name in self.operator.desks} == waiting
        assert self.machine("portevoix", "address").out.strip() == address
        visits.follow(self.operator.by_socket(), self.marks, self._words)
        assert self.operator.doctor()["secrets"].startswith("ok: ")

    def journal(self) -> None:
        """Nothing of any visit is in what the machine logged."""
        texts, journal = self.marks.all(), self.machine.look("journalctl", "--output=export").out.encode()
        found = Search(texts, visits.STEM).data(journal, "the journal")
        assert not found, found
        assert b"Onion service: published" in journal
        told = [word for word in COUNTS if word in journal]
        assert not told, told
        self.told.append(f"of {len(texts)} texts of visits none is in the journal's {len(journal) / 1e6:.1f} MB")

    def faults(self) -> None:
        """The checks find what is wrong on purpose."""
        with planted.drop_in(self.operator, planted.OPEN):
            assert "the net namespace of the machine" in walls.breaches(self.machine)
            assert "PrivateNetwork=no" in self.operator.doctor()["units"]
        with planted.drop_in(self.operator, planted.LOGGING):
            visits.look_around(self.operator.by_socket(), self.marks)
            soon(self._logged, START_SECONDS, "a logged request is found")
        assert walls.breaches(self.machine) == []
        self.told.append("planted faults found: an open network, logged requests")

    def _logged(self) -> bool:
        """Whether the address of a request is in the portal's log."""
        found = Search(self.marks.all(), visits.STEM).data(self.operator.log().encode(), "the journal")
        return {"path", "query"} <= {one.what for one in found}

    def leave(self) -> None:
        """Removed, and then with all that it had."""
        self.machine(INSTALL, "uninstall")
        assert (self.machine.root / "var/lib/portevoix/portal.db").exists()
        assert not self.machine.look("systemctl", "list-unit-files", "--no-legend", "portevoix*").out
        assert not any(self.machine.runs_for(user) for user in ("portevoix", "portevoix-tor"))
        self.machine(INSTALL, "uninstall", "--purge")
        left = [str(path) for pattern in _LEFT for path in self.machine.root.glob(pattern)]
        assert not left, left

    def _file(self, number: int) -> str:
        words = visits.file(self.operator.by_socket(), self.marks, number)
        self._items += 1
        return words

    def _active(self, *units: str) -> None:
        for unit in units:
            assert self.machine.shown(unit, "ActiveState") == "active", unit
