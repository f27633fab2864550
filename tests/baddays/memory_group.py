"""A memory cgroup, as systemd makes one for a unit with MemoryMax (cgroup v1, which root can make here)."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.limits import MIB

_ROOT = Path("/sys/fs/cgroup/memory")
_UNIT = Path(__file__).parents[2] / "deploy" / "portevoix.service"
_UNITS = {"M": MIB, "G": 1024 * MIB}


def unit_limit() -> int:
    """MemoryMax of the portal's unit, bytes."""
    found = re.search(r"^MemoryMax=(\d+)([MG])$", _UNIT.read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * _UNITS[found[2]]


class MemoryGroup:
    """Processes that together get no more memory than a limit, and are killed for more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def command(self) -> tuple[str, ...]:
        """What makes a command begin in here, put before it."""
        return ("sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self._folder / "cgroup.procs"))

    def limit(self, size: int) -> None:
        """No more than this many bytes."""
        (self._folder / "memory.limit_in_bytes").write_text(str(size))

    def own(self) -> int:
        """Bytes that are in use now, without pages of files."""
        return int(re.findall(r"^total_rss (\d+)$", (self._folder / "memory.stat").read_text(), re.MULTILINE)[0])

    def peak(self) -> int:
        """The most that was ever in use, bytes; pages of files count, which the system takes back when it has to."""
        return int((self._folder / "memory.max_usage_in_bytes").read_text())

    def kills(self) -> int:
        """How many processes were killed for want of memory."""
        return int((self._folder / "memory.oom_control").read_text().rpartition("oom_kill ")[2])


@contextlib.contextmanager
def memory_group() -> Iterator[MemoryGroup]:
    """A new group while the block runs, without a limit; skips the test where there can be none."""
    folder = _ROOT / f"portevoix-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"No memory cgroup (v1) can be made here: {error.strerror}.")
    try:
        yield MemoryGroup(folder)
    finally:
        folder.rmdir()
