"""The desk's process reaches nothing but this machine, whatever code in it may try.

Python reports what a program does to audit hooks (PEP 578), and a hook can refuse. That stops a library that would look
for an update or fetch an address, and a mistake of ours. It does not stop native code that was written to attack, which
is why the desk's machine has no network at all (docs/operations.md).
"""

import socket
import sys
from ipaddress import ip_address
from typing import Any

from portal.errors import NetworkRefused

_LOOPBACK_NAME = "localhost"
_ADDRESSED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
"""Events whose second argument is an address (docs.python.org, "Audit events table")."""
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
"""Events whose first argument is the name of a host."""
# The last is for pairs of sockets within the process; none of them is ever connected, since its address is a path.
_FAMILIES = (socket.AF_INET, socket.AF_INET6, getattr(socket, "AF_UNIX", socket.AF_INET))
_enforced = False


def enforce() -> None:
    """From now on, and until this process ends, a socket that would leave the machine raises NetworkRefused."""
    global _enforced
    if not _enforced:
        sys.addaudithook(_watch)
        _enforced = True


def is_allowed(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether an audit event is about this machine alone; all that have nothing to do with sockets are."""
    if event in _ADDRESSED:
        address = arguments[1]
        # sendmsg names no address on a socket that was connected before.
        return address is None or _is_loopback(address[0] if isinstance(address, tuple) else None)
    if event in _LOOKUPS:
        return arguments[0] is None or _is_loopback(arguments[0])
    return event != "socket.__new__" or arguments[1] in _FAMILIES


def _is_loopback(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        return name == _LOOPBACK_NAME or ip_address(str(name)).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket.") and not is_allowed(event, arguments):
        raise NetworkRefused("The desk never goes online, and something in it tried to: tell its makers what you did.")
