"""The desk's process and the network: what is refused, and that nothing even tries."""

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from portal.desk.offline import is_allowed
from tests.desk.played import PlayedPortal
from tests.desk.test_manual import parsers
from tests.desk.working_days import working_days

SOCKET = object()
ALLOWED = {
    "a page for this machine": ("socket.bind", (SOCKET, ("127.0.0.1", 8080))),
    "the browser of this machine, by IPv6": ("socket.connect", (SOCKET, ("::1", 8080, 0, 0))),
    "a name for this machine": ("socket.connect", (SOCKET, ("localhost", 1))),
    "bytes to a socket that is connected": ("socket.sendmsg", (SOCKET, None)),
    "a lookup of this machine": ("socket.getaddrinfo", ("127.0.0.1", 80, 0, 0, 0)),
    "a socket": ("socket.__new__", (SOCKET, socket.AF_INET, socket.SOCK_STREAM, 0)),
    "a file": ("open", ("/etc/hosts", "r", 0)),
}
REFUSED = {
    "another machine": ("socket.connect", (SOCKET, ("192.0.2.1", 443))),
    "another machine, by IPv6": ("socket.connect", (SOCKET, ("2001:db8::1", 443, 0, 0))),
    "a name": ("socket.connect", (SOCKET, ("update.example", 443))),
    "a page for everybody": ("socket.bind", (SOCKET, ("0.0.0.0", 8080))),
    "a page for everybody, unsaid": ("socket.bind", (SOCKET, ("", 8080))),
    "a datagram": ("socket.sendto", (SOCKET, ("192.0.2.1", 53))),
    "a lookup": ("socket.getaddrinfo", ("update.example", 443, 0, 0, 0)),
    "a lookup in bytes": ("socket.getaddrinfo", (b"update.example", 443, 0, 0, 0)),
    "a service of this machine that may forward": ("socket.connect", (SOCKET, "/run/dbus/system_bus_socket")),
    "raw packets": ("socket.__new__", (SOCKET, 17, socket.SOCK_RAW, 0)),
}


@pytest.mark.parametrize("event", ALLOWED.values(), ids=ALLOWED)
def test_this_machine(event: tuple[str, tuple[object, ...]]) -> None:
    assert is_allowed(*event)


@pytest.mark.parametrize("event", REFUSED.values(), ids=REFUSED)
def test_everything_else(event: tuple[str, tuple[object, ...]]) -> None:
    assert not is_allowed(*event)


def run(code: str) -> str:
    program = "from portal.desk import offline\noffline.enforce()\nimport socket, urllib.request\n" + code
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize(
    "code",
    [
        "socket.create_connection(('192.0.2.1', 443), 1)",
        "socket.create_connection(('update.example', 443), 1)",
        "urllib.request.urlopen('http://192.0.2.1/')",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.create_server(('0.0.0.0', 0))",
    ],
)
def test_a_process_that_tries(code: str) -> None:
    assert "NetworkRefused: The desk never goes online" in run(code)


def test_a_process_that_stays_at_home() -> None:
    server = "server = socket.create_server(('127.0.0.1', 0))\n"
    assert run(server + "socket.create_connection(server.getsockname()).close()") == ""


def test_no_command_tries(
    root: Path, other_root: Path, portal: PlayedPortal, passphrase_file: Path, tmp_path: Path
) -> None:
    """One of every command but `open`: not one socket is connected, bound or written to."""
    assert shutil.which("strace"), "install the Debian package strace"
    lines = list(working_days(root, other_root, portal, passphrase_file, tmp_path))
    assert {line[1] for line in lines} == set(parsers()) - {"open"}
    trace = tmp_path / "trace"
    given = "".join(json.dumps(line) + "\n" for line in lines)
    traced = ["strace", "-f", "--seccomp-bpf", "-e", "trace=%network", "-o", str(trace)]
    command = [*traced, sys.executable, "-m", "tests.desk.every_command"]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls = re.findall(r"^\d+\s+(\w+)\(", trace.read_text(), re.MULTILINE)
    assert not {"connect", "bind", "sendto", "sendmsg", "sendmmsg"} & set(calls), trace.read_text()
    assert "exited with 0" in trace.read_text()
