"""`portal serve` on a small volume of its own, whose disk can fill up and whose process can be given less."""

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.parts import Portal
from tests.web.conftest import _quick, other_world

__all__ = ["_quick", "other_world"]
VOLUME = "size=48m,mode=0700"
FULL = "full"
"""The file that takes all room."""
LISTENING = "0A"
"""The state in /proc/net/tcp of a socket that waits for connections."""
PATIENCE = 30.0
"""Seconds."""


class Strained(Portal):
    """A portal that can be strained while it serves."""

    has_volume = False
    """Whether its state folder is on a volume of its own."""

    @contextmanager
    def disk_full(self, but: int = 0) -> Iterator[None]:
        """There is no room on the volume of the state folder, but for this many bytes, while the block runs."""
        if not self.has_volume:
            pytest.skip("Only root can make a small volume.")
        self.settle()
        path = self.state / FULL
        free = os.statvfs(self.state).f_bavail * os.statvfs(self.state).f_frsize
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free - but)
        try:
            yield
        finally:
            path.unlink()

    @contextmanager
    def limited(self, kind: int, limit: int) -> Iterator[None]:
        """The process may have no more of something (`resource.RLIMIT_…`) while the block runs."""
        try:
            before = resource.prlimit(self.pid, kind)
        except PermissionError:
            pytest.skip("Only root can strain a process that hides its memory.")
        resource.prlimit(self.pid, kind, (limit, before[1]))
        try:
            yield
        finally:
            resource.prlimit(self.pid, kind, before)

    def settle(self, visitors: int = 0) -> None:
        """Wait until only so many visitors are connected, and the process has let go of what the others sent."""
        deadline = time.monotonic() + PATIENCE
        while self._visitors() != visitors or self._nameless():
            assert time.monotonic() < deadline, f"{self._visitors()} visitors, {self._nameless()} nameless files"
            time.sleep(0.01)

    def _visitors(self) -> int:
        """How many connections of visitors the process holds (proc(5): /proc/net/tcp)."""
        port = f":{int(self.url.rpartition(':')[2]):04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        held = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(port) and row[3] != LISTENING}
        return len(held.intersection(self._open_files().values()))

    def _nameless(self) -> int:
        """How many files without a name the process has in its state folder."""
        return sum(path.startswith(str(self.state)) and "(deleted)" in path for path in self._open_files().values())

    def _open_files(self) -> dict[int, str]:
        """What the process has open, by descriptor."""
        found = {}
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found[int(link.name)] = os.readlink(link)
        return found

    def descriptors(self, visitors: int = 0) -> int:
        """The limit that leaves the process no descriptor, once it has settled: the lowest number that is free."""
        self.settle(visitors)
        used = self._open_files()
        return next(number for number in range(len(used) + 1) if number not in used)

    def address_space(self) -> int:
        """Bytes that the process has mapped."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[0]
        return int(pages) * resource.getpagesize()

    def said(self, start: int = 0) -> str:
        """What the portal logged, from a length of the log on."""
        return self.log.read_text()[start:]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strained]:
    """One for all tests: each leaves it well."""
    folder = tmp_path_factory.mktemp("portal")
    state = folder / "state"
    state.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", VOLUME, "tmpfs", str(state)]
    has_volume = os.geteuid() == 0 and not subprocess.run(command, check=False, capture_output=True).returncode
    made = Strained(folder)
    made.has_volume = has_volume
    try:
        (made.state / "portal.toml").write_text("free_bytes_text = 0\nfree_bytes_attachments = 0\n")
        made.start("--no-tor")
        yield made
    finally:
        made.close()
        if has_volume:
            subprocess.run(["umount", "--lazy", state], check=True)
