"""A Debian 12 with a systemd of its own, booted in a container, on which an operator types commands.

It is made by debootstrap from where this machine has its Debian packages, and booted by systemd-nspawn, with this
machine's kernel and loopback. Needs root, and a kernel that lets a container have control groups.
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
BARE = ROOT / ".booted" / "bare"
"""A tree as debootstrap leaves it; kept, since it takes minutes."""
PROGRAMS = {"debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "nsenter": "util-linux"}
"""What must be installed here, with the Debian package that has it."""
INCLUDED = "systemd,systemd-sysv,dbus,python3,python3-venv,tor,apparmor"
"""What the installation would fetch from a network is there already."""
BOOT_SECONDS, STOP_SECONDS, MAKE_SECONDS, COMMAND_SECONDS = 90.0, 30.0, 1200.0, 600.0
POLL_SECONDS = 0.1
UP = ("running", "degraded")
REBOOTED = 133
"""How systemd-nspawn ends when its machine wants to be booted again."""
_HALT = signal.SIGRTMIN + 4
_GROUPS = Path("/sys/fs/cgroup")
_HIERARCHIES = (_GROUPS, _GROUPS / "systemd", _GROUPS / "unified")
"""The second version of control groups alone, or beside the first."""
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class CannotBoot(Exception):
    """This machine cannot boot another one; says why, in words for the result."""


def soon(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until the condition holds. Raises AssertionError, with `what` did not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(POLL_SECONDS)


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


def bare() -> Path:
    """The tree of a Debian 12 with nothing in it; made if it is not there yet. Raises CannotBoot."""
    if os.geteuid() != 0:
        raise CannotBoot("it needs root")
    if Path("/run/systemd/system").is_dir():
        raise CannotBoot("a systemd runs this machine already, beside which it was never tried: use a container")
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            raise CannotBoot(f"there is no {program}: install the Debian package {package}")
    if not BARE.exists():
        BARE.parent.mkdir(exist_ok=True)
        unfinished = BARE.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = ["debootstrap", "--variant=minbase", f"--include={INCLUDED}", "bookworm", str(unfinished), _source()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MAKE_SECONDS)
        if done.returncode:
            raise CannotBoot(f"debootstrap ended with status {done.returncode}")
        unfinished.rename(BARE)
    return BARE


def _source() -> str:
    """Where apt of this machine has Debian 12 from."""
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        release, component, address = line.split(" ", 2)
        if (release, component) == ("bookworm", "main"):
            return address
    raise CannotBoot("apt knows no source of Debian 12 here")


class Machine:
    """One such machine, from its first boot to its end, in a folder that goes with it. A context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="portevoix-booted-", dir="/var/tmp")
        self.root = Path(self._folder.name) / "root"
        """What is `/` there, seen from here; also of its sockets and of what it has mounted, while it runs."""
        self._tree = self.root
        self._name = f"portevoix-{secrets.token_hex(4)}"
        self._log = Path(self._folder.name) / "console"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Machine":
        try:
            subprocess.run(["cp", "-a", str(bare()), str(self._tree)], check=True)
            self.boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *why: object) -> None:
        self.close()

    def boot(self) -> None:
        """Start it, and wait until it has started all that it starts. Raises CannotBoot."""
        groups = list(_own_groups(self._name))
        command = [
            "systemd-nspawn",
            "--boot",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--console=pipe",
            # Else it could not raise the loopback of the networks that it makes for its services.
            "--capability=CAP_NET_ADMIN",
            # A container locks no memory else, whatever the unit says.
            "--system-call-filter=@memlock",
            f"--machine={self._name}",
            f"--directory={self._tree}",
        ]
        join = "".join(f"echo $$ > '{group}/cgroup.procs'; " for group in groups)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", f'{join}exec "$@"', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                start_new_session=True,
            )
        self._await(lambda: self.leader != 0, "systemd-nspawn started nothing")
        self._await(lambda: self.look("systemctl", "is-system-running").out.strip() in UP, "systemd did not come up")
        self.root = Path(f"/proc/{self.leader}/root")

    @property
    def leader(self) -> int:
        """Its first process, by its number here; 0 if it does not run."""
        if self._process is None:
            return 0
        with contextlib.suppress(OSError, ValueError):
            process = self._process.pid
            [child] = Path(f"/proc/{process}/task/{process}/children").read_text().split()
            if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                return int(child)
        return 0

    def _await(self, true: Callable[[], bool], problem: str) -> None:
        assert self._process is not None
        deadline = time.monotonic() + BOOT_SECONDS
        while not true():
            if self._process.poll() is not None or time.monotonic() > deadline:
                last = self._log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
                raise CannotBoot(f"{problem}: {last[0]}")
            time.sleep(POLL_SECONDS)

    def __call__(self, *command: str, status: int | None = 0) -> Done:
        """Run a command as a child of its systemd, as a shell of the operator would; `status` is what it must end with.

        Raises AssertionError with what it printed if it ends with another one.
        """
        quiet = ["--quiet", "--wait", "--pipe", "--collect", "--property=LogLevelMax=emerg"]
        done = self.look("systemd-run", *quiet, "--", *command)
        if status is not None and done.status != status:
            raise AssertionError(f"{' '.join(command)}: status {done.status}: {done.err[-2000:]}{done.out[-2000:]}")
        return done

    def look(self, *command: str) -> Done:
        """Run a command in its namespaces, but not as a child of its systemd: it leaves no line in the journal."""
        line = ["nsenter", "--target", str(self.leader), "--all", "--wd=/", *command]
        done = subprocess.run(
            line,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            timeout=COMMAND_SECONDS,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def put(self, path: Path, name: str) -> None:
        """Copy a file or a folder of here to the absolute `name` there."""
        target = self.root / name.lstrip("/")
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copyfile(path, target)

    def append(self, name: str, text: str) -> None:
        """Add lines to a file, as with an editor."""
        with (self.root / name.lstrip("/")).open("a") as file:
            file.write(text)

    def journal(self, *units: str) -> str:
        """What its journal holds of some units, or of all, one message a line."""
        options = [f"--unit={unit}" for unit in units]
        return self.look("journalctl", "--no-pager", "--output=cat", *options).out

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.look("systemctl", "show", f"--property={name}", "--value", unit).out.strip()

    def main_process(self, unit: str) -> int:
        """The main process of a service, by its number there; 0 if there is none."""
        return int(self.shown(unit, "MainPID"))

    def kill(self, unit: str) -> None:
        """kill -9 the main process of a service."""
        self("systemctl", "kill", "--kill-who=main", "--signal=KILL", unit)

    def runs_for(self, user: str) -> bool:
        """Whether a user has any process there."""
        users = (self.root / "etc/passwd").read_text()
        found = re.search(rf"^{user}:x:(\d+):", users, re.MULTILINE)
        assert found, user
        processes = (self.root / "proc").glob("[0-9]*")
        return any(path.stat().st_uid == int(found[1]) for path in processes)

    @contextlib.contextmanager
    def starved(self, unit: str, limit: int) -> Iterator[None]:
        """Let a service have so many bytes of memory and no more, while the block runs."""
        [place] = [path for path in _GROUPS.glob(f"**/{self._name}/payload/system.slice/{unit}") if _is_second(path)]
        processes = (place / "cgroup.procs").read_text().split()
        if (place / "memory.max").exists():
            (place / "memory.max").write_text(str(limit))
            yield
            return
        # The first version of control groups, below the one that we are in.
        found = re.search(r"^\d+:memory:/(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
        if not found:
            raise CannotBoot("no control group here limits memory")
        group = _GROUPS / "memory" / found[1] / self._name
        group.mkdir()
        try:
            (group / "memory.limit_in_bytes").write_text(str(limit))
            for process in processes:
                (group / "cgroup.procs").write_text(process)
            yield
        finally:
            group.rmdir()

    def reboot(self) -> None:
        """Boot it again, as `systemctl reboot` does."""
        assert self._process is not None
        self.look("systemctl", "reboot")
        status = self._process.wait(STOP_SECONDS)
        assert status == REBOOTED, f"it ended with {status}"
        self._forget_groups()
        self.boot()

    def close(self) -> None:
        """End it, and remove it."""
        if self._process is not None and self._process.poll() is None:
            leader = self.leader
            if leader:
                os.kill(leader, signal.SIGKILL)
            else:
                self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process = None
        self._forget_groups()
        self._folder.cleanup()

    def _forget_groups(self) -> None:
        for group in [path / self._name for path in _HIERARCHIES if (path / self._name).exists()]:
            for folder in sorted(group.rglob("*/"), reverse=True):
                folder.rmdir()
            group.rmdir()


def _is_second(group: Path) -> bool:
    """Whether it is of the second version of control groups."""
    return (group / "cgroup.controllers").exists()


def _own_groups(name: str) -> Iterator[Path]:
    """A control group of its own in each hierarchy that systemd wants, so that none of ours is shared with it."""
    for hierarchy in _HIERARCHIES:
        if (hierarchy / "cgroup.procs").exists():
            group = hierarchy / name
            group.mkdir(exist_ok=True)
            yield group
