"""What the portal asks the kernel for while it serves, beside what its unit lets it ask for: traced with strace."""

import contextlib
import functools
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.server import onion_address
from portal.settings import load
from portal.store import vacuum
from portal.trial.reporter import Reporter, Upload
from tests.e2e.parts import BIN, START_SECONDS, Portal
from tests.e2e.unix import through_socket

pytestmark = pytest.mark.e2e
UNIT = Path(__file__).parents[2] / "deploy" / "portevoix.service"
CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traced") / "state"


@pytest.fixture(scope="module")
def calls(state: Path) -> list[tuple[str, str]]:
    """Every system call, name and arguments, from the start of the portal to its end, with visits of each kind."""
    assert shutil.which("strace"), "install the Debian package strace"
    portal = Portal(state.parent)
    trace, path = state.parent / "trace", state.parent / "portal.sock"
    program = [BIN / "portal", "serve", "--state", state, "--keys", portal.keys, "--socket", path, "--no-tor"]
    command = ["strace", "-f", "-qq", "-y", "-e", "signal=none", "-o", trace, *program]
    with (
        contextlib.closing(portal),
        (state.parent / "log").open("w") as log,
        subprocess.Popen(map(str, command), stderr=log, stdout=log) as traced,
    ):
        try:
            visit(portal, reachable(onion_address(load(state)), path, traced))
        finally:
            [child] = Path(f"/proc/{traced.pid}/task/{traced.pid}/children").read_text().split()
            subprocess.run(["kill", child], check=True)
    assert traced.returncode == 0, log
    lines = trace.read_text(errors="replace").splitlines()
    return [(found[1], found[2]) for line in lines if (found := CALL.match(line))]


def reachable(address: str, path: Path, program: "subprocess.Popen[bytes]") -> Reporter:
    """A visit through the portal's socket, as tor brings it."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and program.poll() is None:
        with contextlib.suppress(OSError):
            reporter = Reporter(f"http://{address}", through_socket(path))
            assert reporter.open("/").status == 200
            return reporter
        time.sleep(0.1)
    pytest.fail("the portal did not start", pytrace=False)


def visit(portal: Portal, reporter: Reporter) -> None:
    """A report with a file, its mailbox, a follow-up; a bundle and a pack beside it."""
    form = reporter.open("/en/report/travel").form("narrative")
    file = Upload("a.bin", "application/octet-stream", 3_000_000, [bytes(3_000_000)])
    values = {"narrative": "traced", "immediate_danger": "no", "country": "TH"}
    words = reporter.send(form, values, [("attachment", file)]).texts["receipt"]
    portal.exchange("police")
    page = reporter.send(reporter.open("/en/mailbox").form("receipt"), {"receipt": words})
    assert reporter.send(page.form("message"), {"message": "more", "about": "travel"}).status == 200


@functools.cache
def allowed() -> frozenset[str]:
    """The system calls that the unit's filter lets through."""
    lines = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    sets: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("@"):
            sets[name := line.strip()] = []
        elif line.strip() and not line.strip().startswith("#"):
            sets[name].append(line.strip())

    def expand(name: str) -> Iterator[str]:
        if name.startswith("@"):
            for part in sets[name]:
                yield from expand(part)
        else:
            yield name

    found: set[str] = set()
    for line in UNIT.read_text().splitlines():
        if line.startswith("SystemCallFilter="):
            said = line.partition("=")[2]
            calls = {call for part in said.removeprefix("~").split() for call in expand(part)}
            found = found - calls if said.startswith("~") else found | calls
    # systemd always lets through what is in @default.
    return frozenset(found | set(expand("@default")))


def test_its_unit_lets_it_do_all_that_it_does(calls: list[tuple[str, str]]) -> None:
    assert len(calls) > 1_000
    # SQLite gives its journal to the owner of the database, but only as root, which the unit's user is not.
    assert {name for name, _ in calls} - allowed() <= {"fchown"}


def test_the_filter_refuses_what_it_never_needs() -> None:
    assert {"openat", "accept4", "mlockall"} <= allowed()
    assert allowed().isdisjoint({"ptrace", "mount", "reboot", "bpf", "kexec_load", "init_module", "chroot"})


def test_no_memory_can_be_written_and_run(calls: list[tuple[str, str]]) -> None:
    mapped = [arguments for name, arguments in calls if name in ("mmap", "mprotect", "pkey_mprotect")]
    assert mapped
    assert [one for one in mapped if "PROT_EXEC" in one and "PROT_WRITE" in one] == []


def test_it_has_no_network(calls: list[tuple[str, str]]) -> None:
    families = {arguments.partition(",")[0] for name, arguments in calls if name in ("socket", "socketpair")}
    assert families <= {"AF_UNIX"}


def test_it_writes_in_its_state_folder_alone(calls: list[tuple[str, str]], state: Path) -> None:
    opened = [
        arguments for name, arguments in calls if name in ("openat", "open", "creat") and WRITES.search(arguments)
    ]
    paths = {found[1] for one in opened if (found := re.search(r'"([^"]*)"', one))}
    assert any(path.startswith(str(state)) for path in paths)
    assert [path for path in paths if not Path(path).is_relative_to(state) and path != "/dev/null"] == []
    changed = [
        arguments
        for name, arguments in calls
        if name in ("unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "chmod", "fchmodat")
        and str(state.parent) not in arguments
    ]
    assert changed == []


def test_it_starts_no_program_but_its_own_rewrite_of_the_database(calls: list[tuple[str, str]]) -> None:
    started = [arguments for name, arguments in calls if name in ("execve", "execveat") and arguments.endswith("= 0")]
    assert "portal" in started[0]
    assert all(str(Path(vacuum.__file__).name) in one for one in started[1:]), started
