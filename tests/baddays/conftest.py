"""`portal serve` on a small volume of its own, whose disk can fill up and whose process can be given less."""

import os
import resource
import subprocess
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


class Strained(Portal):
    """A portal that can be strained while it serves."""

    has_volume = False
    """Whether its state folder is on a volume of its own."""

    @contextmanager
    def disk_full(self, but: int = 0) -> Iterator[None]:
        """There is no room on the volume of the state folder, but for this many bytes, while the block runs."""
        if not self.has_volume:
            pytest.skip("Only root can make a small volume.")
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

    def descriptors(self) -> int:
        """How many files the process has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

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
