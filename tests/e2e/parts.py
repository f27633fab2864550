"""The programs as their users start them: `portal`, `desk`, each in a process of its own."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal import cli
from portal.desk import session
from portal.trial.listening import free_port
from tor import PrivateNetwork

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
PORTAL: tuple[str | Path, ...] = (BIN / "portal",)
"""The program that serves; tests that plant a fault have one of their own (tests/planted)."""
PASSPHRASE = "correct horse battery staple"
DESKS = ("police", "stopline", "ecpat")
START_SECONDS = 60
PUBLISH_SECONDS = 120


def run(*command: str | Path, check: bool = True, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a program; its output is shown if it fails."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done


class Desk:
    """A desk whose commands run in a process without any network (`unshare -n`)."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._passphrase = folder.with_suffix(".passphrase")
        self._passphrase.write_text(PASSPHRASE + "\n")
        # As `desk init` does, but that opening the keyring a hundred times does not take a second each.
        session.make(folder, name, PASSPHRASE, work_factor=1)
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, command: str, *arguments: str | Path) -> str:
        """Run `desk COMMAND FOLDER ARGUMENTS…`; gives what it prints."""
        if self._process is None:
            program = ["unshare", "-n", sys.executable, "-m", "tests.e2e.offline"]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = [command, self.folder, *arguments, "--passphrase-file", self._passphrase]
        self._process.stdin.write(json.dumps(list(map(str, line))) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["status"] == 0, answer
        return str(answer["out"])

    def close(self) -> None:
        """End its process."""
        if self._process is not None:
            self._process.communicate()

    def cases(self) -> list[dict[str, Any]]:
        """`desk list --json`."""
        found: list[dict[str, Any]] = json.loads(self("list", "--json"))
        return found

    def show(self, case: str) -> dict[str, Any]:
        """`desk show --json`."""
        found: dict[str, Any] = json.loads(self("show", case, "--json"))
        assert set(found) >= {"id", "channel", "status", "received", "urgent", "messages"}
        return found


class Portal:
    """A portal with its three desks, in one folder."""

    def __init__(self, folder: Path, database: str | None = None) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.keys = folder / "keys"
        self.keys.mkdir(parents=True)
        self._database = ["--database", database] if database else []
        self.desks = {name: Desk(name, folder / name) for name in DESKS}
        for desk in self.desks.values():
            for path in (desk.folder / "public").iterdir():
                (self.keys / path.name).write_bytes(path.read_bytes())
        self("init", "--state", self.state)
        self.program: tuple[str | Path, ...] = PORTAL
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "log"
        self.url = ""
        self._options: tuple[str | Path, ...] = ()
        self._log_start = 0

    def __call__(self, command: str, *arguments: str | Path) -> None:
        """Run `portal COMMAND …` beside the server."""
        line = [command, *arguments, *self._database]
        assert cli.main(list(map(str, line))) == 0

    def start(self, *options: str | Path) -> None:
        """Serve, with a preview on a port that stays the same, until it answers."""
        port = int(self.url.rpartition(":")[2]) if self.url else free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._options = options
        command = [
            *self.program,
            "serve",
            "--state",
            self.state,
            "--keys",
            self.keys,
            "--preview",
            f"127.0.0.1:{port}",
        ]
        self._log_start = len(self.log.read_text()) if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*map(str, command), *map(str, options), *self._database],
                stdout=log,
                stderr=log,
                env={**os.environ, "TMPDIR": str(self.temporary)},
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(self.url, timeout=10).close()
                return
            time.sleep(0.05)
        pytest.fail(f"portal serve did not start:\n{self.log.read_text()}", pytrace=False)

    @property
    def temporary(self) -> Path:
        """Where the server puts temporary files, if it ever does."""
        path = self.folder / "tmp"
        path.mkdir(exist_ok=True)
        return path

    def join(self, network: PrivateNetwork) -> None:
        """Let its own tor be one of a private network, from the next start on."""
        lines = ", ".join(f'"{line}"' for line in network.torrc_lines)
        (self.state / "portal.toml").write_text(f"tor_lines = [{lines}]\n")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def tor_pid(self) -> int:
        """The process of the tor that it started itself."""
        (found,) = run("pgrep", "--parent", str(self.pid), "--exact", "tor").stdout.split()
        return int(found)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Stop it; gives the seconds that took."""
        assert self._process is not None
        begin = time.monotonic()
        self._process.send_signal(number)
        self.wait()
        return time.monotonic() - begin

    def wait(self) -> int:
        """Wait for its end; gives its exit status."""
        assert self._process is not None
        status = self._process.wait(30)
        self._process = None
        return status

    def close(self) -> None:
        """Stop everything."""
        if self._process is not None:
            self.stop()
        for desk in self.desks.values():
            desk.close()

    def crash(self) -> None:
        """kill -9."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        """Serve again as before; the onion service is published again as well."""
        self.start(*self._options)
        if "--no-tor" not in self._options:
            self.published()

    def published(self) -> str:
        """Wait until the onion service is published and answers itself; gives its address."""
        begin = self._log_start
        deadline = time.monotonic() + PUBLISH_SECONDS
        while time.monotonic() < deadline:
            if found := re.search(r"http://(\S+\.onion), and it answers", self.log.read_text()[begin:]):
                return found[1]
            time.sleep(0.1)
        pytest.fail(f"the onion service was not published:\n{self.log.read_text()[begin:]}", pytrace=False)

    def items(self) -> int:
        """How many items the SQLite database holds, seen from another process."""
        with contextlib.closing(sqlite3.connect(f"file:{self.state / 'portal.db'}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM item").fetchone()[0])

    def exchange(self, name: str) -> None:
        """Carry a bundle to a desk and its pack back."""
        desk = self.desks[name]
        count = len(list(self.folder.glob("*.tar")))
        bundle, pack = self.folder / f"{count}-bundle.tar", self.folder / f"{count}-pack.tar"
        self("export", "--state", self.state, "--desk", name, bundle)
        desk("import", bundle, "--portal-key", self.state / "portal.pub")
        desk("pack", pack)
        self("import", "--state", self.state, "--keys", self.keys, pack)


@contextlib.contextmanager
def serving(folder: Path, *options: str, database: str | None = None) -> Iterator[Portal]:
    """A portal that serves while the block runs."""
    portal = Portal(folder, database)
    portal.start(*options)
    try:
        yield portal
    finally:
        portal.close()
