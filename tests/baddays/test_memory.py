"""The portal in the memory that its unit gives it: the worst strain stays below; killed for more, it loses nothing."""

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import pytest

from portal.limits import ARGON2_KIB, KIB, MIB, PERMITS
from tests.baddays.filing import check_it_is_taken_now, filing
from tests.baddays.memory_group import MemoryGroup, memory_group, unit_limit
from tests.e2e.parts import BIN, PORTAL, ROOT, Portal
from tests.proofs.killed.reporters import GONE

pytestmark = pytest.mark.e2e
UPLOADS = 4
UPLOAD_BYTES = 16 * MIB
FORMS = 24
FORM_TEXT_BYTES = 200 * KIB
"""Of a form that is taken in whole and given back: ten times what a report may have."""
GUESSES = 12


@pytest.fixture
def group() -> Iterator[MemoryGroup]:
    with memory_group() as made:
        yield made


@contextmanager
def confined(group: MemoryGroup) -> Iterator[Portal]:
    """A portal in the group, with as many permits as it takes by itself. Its disk is a disk: a tmpfs is memory."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        portal = Portal(Path(folder))
        portal.program = (*group.command, *PORTAL)
        (portal.state / "portal.toml").write_text(f"permits = {PERMITS}\n")
        portal.start("--no-tor")
        try:
            yield portal
        finally:
            portal.close()


@contextmanager
def guessing(portal: Portal) -> Iterator[None]:
    """So many visitors enter wrong receipts, one after the other, while the block runs."""
    address = portal.url.removeprefix("http://")
    command = [sys.executable, "-m", "tests.flood.crowd", address, address, f"receipts={GUESSES}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=ROOT) as crowd:
        assert crowd.stdout
        crowd.stdout.readline()
        yield
        crowd.communicate()


def own_peak(pid: int) -> int:
    """The most memory of its own that a process ever had, bytes (proc(5): VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * KIB


def test_the_units_limit_is_enough(group: MemoryGroup) -> None:
    """Uploads, forms with far too much text, guesses at receipts and an export, all at once (`-rP` shows the peak)."""
    group.limit(unit_limit())
    with confined(group) as portal, ThreadPoolExecutor(UPLOADS + FORMS) as pool:
        large = [filing(portal.url, UPLOAD_BYTES) for _ in range(UPLOADS)]
        long = [filing(portal.url) for _ in range(FORMS)]
        for form in long:
            form.text = "x" * FORM_TEXT_BYTES
        with guessing(portal):
            uploads, forms = ([pool.submit(form.send) for form in some] for some in (large, long))
            for page in [*uploads, *forms]:
                page.result()
        assert {page.result().status for page in uploads} == {HTTPStatus.OK}
        assert {page.result().status for page in forms} == {HTTPStatus.BAD_REQUEST}
        export = [BIN / "portal", "export", "--state", portal.state, "--desk", "police", portal.folder / "bundle.tar"]
        subprocess.run([*group.command, *export], check=True, capture_output=True)
        assert (portal.folder / "bundle.tar").stat().st_size > UPLOADS * UPLOAD_BYTES
        assert group.kills() == 0
        own = own_peak(portal.pid)
        print(f"peak: {own // MIB} MiB of the portal's own, {group.peak() // MIB} MiB with pages of files")
        assert PERMITS // 2 * ARGON2_KIB * KIB < own < unit_limit() // 2


def test_a_portal_that_is_killed_for_want_of_memory_loses_nothing(group: MemoryGroup) -> None:
    with confined(group) as portal:
        words = check_it_is_taken_now(before := filing(portal.url))
        given = filing(portal.url, UPLOAD_BYTES // 4)
        group.limit(group.own() + ARGON2_KIB * KIB // 2)
        with suppress(*GONE):
            pytest.fail(f"it was not killed, and answered {given.send().status}")
        assert group.kills() == 1
        assert portal.wait() == -signal.SIGKILL
        group.limit(unit_limit())
        portal.restart()
        assert portal.items() == 1
        check_it_is_taken_now(given)
        assert check_it_is_taken_now(before) == words
        assert portal.items() == 2
