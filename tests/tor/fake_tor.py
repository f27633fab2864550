"""A control port that speaks Tor's control protocol and is no tor: for what a real tor does not do on demand."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tor import Limits

WAIT_S = 5.0

FAST = Limits(
    connect_s=2,
    answer_s=2,
    heartbeat_s=0.2,
    bootstrap_stuck_s=0.2,
    upload_s=5,
    retry_first_s=0.05,
    retry_most_s=0.2,
    probe_first_s=0.01,
    probe_every_s=0.1,
    probe_retry_s=0.02,
    probe_s=2,
    probes_failed=2,
    republish_first_s=0.02,
    republish_most_s=0.1,
    stop_s=1,
)
"""Limits for a tor that answers at once."""

BOOTSTRAPPED = 'status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"'


class FakeTor:
    """Listens on a unix socket until `close`.

    `refuse` maps a word of a command to the reply that it gets instead of 250 OK; `info` answers GETINFO; `auth` is the
    AUTH line of PROTOCOLINFO. `commands` is what was asked, in order; `silent` makes it hang from then on.
    """

    def __init__(self, path: Path, auth: str = "METHODS=NULL", version: str = "0.4.9.11") -> None:
        self.path = path
        self.auth = auth
        self.info = {
            "version": f"version={version}",
            "status/bootstrap-phase": BOOTSTRAPPED,
            "net/listeners/socks": "net/listeners/socks=",
        }
        self.refuse: dict[str, str] = {}
        self.commands: list[str] = []
        self.silent = False
        self._asked = threading.Condition()
        self._connections: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def connected(self) -> bool:
        return any(thread.is_alive() for thread in self._threads[1:])

    def event(self, line: str) -> None:
        """Sends an asynchronous reply."""
        self._connections[-1].sendall(f"650 {line}\r\n".encode())

    def drop(self) -> None:
        """Ends the connections, and goes on listening."""
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(WAIT_S)
        for connection in self._connections:
            connection.close()
        self.path.unlink()

    def count(self, keyword: str) -> int:
        return sum(command.startswith(keyword) for command in self.commands)

    def wait(self, keyword: str, count: int = 1) -> list[str]:
        """The commands that begin so, as soon as there are so many."""
        with self._asked:
            assert self._asked.wait_for(lambda: self.count(keyword) >= count, WAIT_S), (keyword, self.commands)
            return [command for command in self.commands if command.startswith(keyword)]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            for line in lines:
                command = line.decode().rstrip()
                with self._asked:
                    self.commands.append(command)
                    self._asked.notify_all()
                if not self.silent:
                    try:
                        connection.sendall("".join(f"{part}\r\n" for part in self._reply(command)).encode())
                    except OSError:
                        return

    def _reply(self, command: str) -> list[str]:
        for word, refusal in self.refuse.items():
            if word in command:
                return [refusal]
        if command.startswith("PROTOCOLINFO"):
            return ["250-PROTOCOLINFO 1", f"250-AUTH {self.auth}", '250-VERSION Tor="0.4.9.11"', "250 OK"]
        if command.startswith("GETINFO "):
            return [f"250-{self.info[command.removeprefix('GETINFO ')]}", "250 OK"]
        return ["250 OK"]


class FakeServer:
    """Accepts connections on a loopback port, and gives each to `serve` in a thread of its own, until `close`."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(WAIT_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._one, args=(connection,)))
            self._threads[-1].start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(WAIT_S)
            try:
                self._serve(connection)
            except OSError:
                return


def eventually(condition: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
    """Waits until the condition holds; fails if it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)
