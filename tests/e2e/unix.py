"""The way to a portal through its unix socket, as tor comes: for `Reporter` and others."""

import http.client
import socket
from pathlib import Path

from portal.trial.reporter import TIMEOUT_SECONDS, Connect


class UnixConnection(http.client.HTTPConnection):
    """HTTP through a unix socket."""

    def __init__(self, host: str, path: Path) -> None:
        super().__init__(host, timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def through_socket(path: Path) -> Connect:
    """What `Reporter` connects with."""
    return lambda host: UnixConnection(host, path)
