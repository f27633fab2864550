"""A private PostgreSQL server for the tests: one a test session, in a temporary folder, on a unix socket only.

Any test folder uses it with `from tests.postgres import postgres` in its conftest.py, and asks the fixture for a new
database. A missing server fails: what is not tested does not work.
"""

import atexit
import functools
import os
import pwd
import secrets
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

VERSION = 15
"""The oldest major version that the portal knows."""

SETTINGS = {
    # Speed: what a crash of the machine would lose is not what these tests are about.
    "fsync": "off",
    "full_page_writes": "off",
    # No network at all.
    "listen_addresses": "",
    "max_connections": "200",
    "autovacuum": "off",
    # As docs/operations.md tells the operator.
    "wal_recycle": "off",
    "track_commit_timestamp": "off",
    "archive_mode": "off",
}

KILL_SECONDS = 30.0
"""A process that was killed is gone within this time."""

USER = "portal"
"""The server's only user, and its superuser."""


class Server:
    """A server in a folder of its own; `stop` or `kill`, and `start`, may be called in turn."""

    def __init__(self) -> None:
        self._bin = _find_binaries()
        self._run_as = _unprivileged_user()
        self.folder = Path(tempfile.mkdtemp(prefix="portevoix-pg-"))
        if self._run_as:
            os.chown(self.folder, self._run_as.pw_uid, self._run_as.pw_gid)
        self._data = self.folder / "data"
        self._run(
            "initdb", "--pgdata", self._data, "--username", USER, "--auth", "trust", "--encoding", "UTF8",
            "--locale", "C.UTF-8", "--no-sync", "--no-instructions",
        )  # fmt: skip
        settings = {**SETTINGS, "unix_socket_directories": str(self.folder)}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.start()
        self._guard = self._start_guard()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._run("pg_ctl", "--pgdata", self._data, "--log", self.folder / "log", "--wait", "start")

    def stop(self) -> None:
        """Stop the server at once, without a checkpoint: the next start recovers."""
        self._run("pg_ctl", "--pgdata", self._data, "--mode", "immediate", "--wait", "stop")

    def kill(self) -> None:
        """SIGKILL to all of its processes, as when a machine runs out of memory; none is left when this returns."""
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)  # so that it has no more children from now on
        family = [postmaster, *_children(postmaster)]
        # Each of them leads a process group of its own, so one signal would not reach them all.
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + KILL_SECONDS
        # A server does not start while the old one's number is taken, also by one that only waits for its parent.
        while any(Path(f"/proc/{pid}").exists() for pid in family):
            assert time.monotonic() < deadline, "a process of the server survived SIGKILL"
            time.sleep(0.01)

    def close(self) -> None:
        """Stop the server and remove all its files."""
        assert self._guard.stdin
        self._guard.stdin.close()
        self._guard.wait()

    def _start_guard(self) -> subprocess.Popen[bytes]:
        """A process that cleans up when its standard input ends: at `close`, or when the tests are killed."""
        script = 'cat; "$1" --pgdata "$2/data" --mode immediate --wait stop; rm -r "$2"'
        user = self._run_as
        return subprocess.Popen(
            ["sh", "-c", script, "guard", self._bin / "pg_ctl", self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def new_database(self, tablespace: str = "pg_default", like: str = "template0") -> str:
        """Make a new, empty database, or a copy of one of this name that nobody uses, and give its URL."""
        name = f"test_{secrets.token_hex(8)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE {}")
        self.execute(statement.format(*map(sql.Identifier, (name, like, tablespace))))
        return self.url(name)

    def copy_of(self, url: str) -> str:
        """A copy of a database that nobody uses; both by their URLs."""
        return self.new_database(like=str(make_url(url).database))

    def execute(self, statement: sql.SQL | sql.Composed) -> None:
        """Run one statement as the superuser, outside a transaction."""
        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def own(self, path: Path) -> None:
        """Give `path` to the user that the server runs as."""
        if self._run_as:
            os.chown(path, self._run_as.pw_uid, self._run_as.pw_gid)

    def _run(self, program: str, *arguments: str | Path) -> None:
        user = self._run_as
        done = subprocess.run(
            [str(self._bin / program), *map(str, arguments)],
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            # Not a pipe: the server inherits it, and a reader would wait for the server's end.
            stdout=(output := tempfile.TemporaryFile("w+")),  # noqa: SIM115
            stderr=subprocess.STDOUT,
            check=False,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        with output:
            output.seek(0)
            assert done.returncode == 0, f"{program} failed:\n{output.read()}"


def _children(parent: int) -> list[int]:
    """The processes whose parent this is (proc(5): the second field after the name)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found


def _find_binaries() -> Path:
    found = sorted(
        (int(path.parent.parent.name), path.parent)
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.parent.parent.name.isdigit()
    )
    if not found or found[-1][0] < VERSION:
        pytest.fail(f"PostgreSQL {VERSION} or newer is missing: apt-get install postgresql", pytrace=False)
    return found[-1][1]


def _unprivileged_user() -> pwd.struct_passwd | None:
    """The server refuses to run as root; for anybody else there is nothing to change."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.fail("There is no user `postgres` to run the server as: apt-get install postgresql", pytrace=False)


@functools.cache
def server() -> Server:
    """The server of this test session, started with the first call and gone with the process."""
    started = Server()
    atexit.register(started.close)
    return started


@pytest.fixture(scope="session")
def postgres() -> Server:
    """The server of this test session, the same one for every test folder."""
    return server()
