"""Each step in a process of its own, since none of them can be taken back."""

import json
import os
import subprocess
import sys

import pytest

from portal import hygiene

BECOME_NOBODY = """
import ctypes, json, os, pwd, resource, sys
from portal import hygiene
os.setgroups([])
os.setgid(pwd.getpwnam("nobody").pw_gid)
os.setuid(pwd.getpwnam("nobody").pw_uid)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, as a program has it that began as this user
"""
ENFORCE = """
import ctypes, json, os, resource, sys
from portal import hygiene
refused = hygiene.enforce()
"""
REPORT = """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "refused": refused,
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "umask": os.umask(0),
    "locked": int(status["VmLck"].split()[0]),
    "proxies": [name for name in os.environ if "proxy" in name.lower()],
}), flush=True)
sys.stdin.read()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")


def started(code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "HTTPS_PROXY": "http://proxy.example", "no_proxy": "*"}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdin=-1, stdout=-1, stderr=-1, text=True)


def report(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    found: dict[str, object] = json.loads(line)
    return found


def test_what_it_enforces() -> None:
    with started(ENFORCE + REPORT) as process:
        found = report(process)
        process.communicate()
    assert found.pop("locked", 0)
    assert found == {"refused": [], "dumpable": 0, "core": [0, 0], "umask": hygiene.UMASK, "proxies": []}


@as_root
def test_without_the_right_to_lock_memory() -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))"
    with started(limit + BECOME_NOBODY + ENFORCE + REPORT) as process:
        found = report(process)
        process.communicate()
    (refused,) = found.pop("refused")  # type: ignore[misc]
    assert "may be written to swap: switch swap off" in refused
    assert found == {"locked": 0, "dumpable": 0, "core": [0, 0], "umask": hygiene.UMASK, "proxies": []}


@as_root
@pytest.mark.parametrize("enforced", [True, False])
def test_another_process_of_the_same_user_cannot_read_its_memory(enforced: bool) -> None:
    with started(BECOME_NOBODY + (ENFORCE if enforced else "refused = []") + REPORT) as process:
        report(process)
        with started(BECOME_NOBODY + f"open('/proc/{process.pid}/mem', 'rb')") as reader:
            _, error = reader.communicate()
        process.communicate()
    assert ("PermissionError" in error) == enforced
    assert (reader.returncode == 0) != enforced
