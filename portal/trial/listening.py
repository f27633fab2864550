"""Free ports on loopback."""

import socket

HOST = "127.0.0.1"


def free_port(preferred: int = 0) -> int:
    """A TCP port on loopback that is free now: `preferred`, or any."""
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, preferred))
        except OSError:
            return free_port()
        return int(found.getsockname()[1])
