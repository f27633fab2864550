"""The loopback of a network namespace that is new: it is down until somebody raises it."""

import fcntl
import socket
import struct

_SET_FLAGS = 0x8914
_UP = 0x1
"""SIOCSIFFLAGS and IFF_UP, see netdevice(7)."""


def raise_it() -> None:
    """Raise `lo`. Raises OSError where this process may not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP))
