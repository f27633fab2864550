"""A real server on a unix socket in a thread, with an application that tells what reached it, and a raw client."""

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.serving import Bounds, Server, unix
from portal.web.reading import Forms

PATIENCE = 10.0
"""Nothing in these tests takes so long, seconds; what would is a failure."""
ERROR_BODY = b"<p>our own page</p>"
ERROR_HEADERS = [("Content-Type", "text/html"), ("X-Ours", "yes"), ("Date", "Tue, 04 Mar 2025 00:00:00 GMT")]
PAGE = b"a page"
LONG_PAGE = bytes(3_000_000)


def error_page(status: int, path: str, accept_language: str) -> tuple[str, list[tuple[str, str]], bytes]:
    asked = f"{path}|{accept_language}".encode("ascii", "backslashreplace").decode()
    return f"{status} OURS", [*ERROR_HEADERS, ("X-Asked", asked)], ERROR_BODY


class Application:
    """WSGI. `/` is a page, `/long` a long one; `/body` says what came, `/hold` waits for `release`, `/fail` fails."""

    def __init__(self) -> None:
        self.held = threading.Semaphore(0)
        """Released once for each request that `/hold` has reached."""
        self.release = threading.Event()
        self.environs: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.environs.append(environ)
        path = environ["PATH_INFO"]
        if path == "/fail":
            raise RuntimeError("words of a reporter")
        if path == "/hold":
            self.held.release()
            assert self.release.wait(PATIENCE)
        body = {"/long": LONG_PAGE}.get(path, PAGE) if path != "/body" else self._body(environ)
        headers = [("Content-Length", str(len(body))), ("X-Last", "1")]
        if path != "/undated":
            headers.append(("Date", "Tue, 04 Mar 2025 00:00:00 GMT"))
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _body(self, environ: dict[str, Any]) -> bytes:
        whole = b"".join(iter(lambda: environ["wsgi.input"].read(100_000), b""))
        told = environ.get("CONTENT_LENGTH")
        return json.dumps({"size": len(whole), "sha256": hashlib.sha256(whole).hexdigest(), "told": told}).encode()


@dataclass(frozen=True)
class Answer:
    head: bytes
    headers: dict[str, str]
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    @property
    def wire(self) -> bytes:
        return self.head + self.body


class Client:
    """One connection, raw."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self._got = b""

    def send(self, data: bytes) -> "Client":
        self.socket.sendall(data)
        return self

    def answer(self, *, head_only: bool = False) -> Answer:
        """The next answer. Raises ConnectionError if the connection ends first."""
        while b"\r\n\r\n" not in self._got:
            self._more()
        head, _, self._got = self._got.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")[1:]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        size = 0 if head_only else int(headers.get("content-length", "0"))
        while len(self._got) < size:
            self._more()
        body, self._got = self._got[:size], self._got[size:]
        return Answer(head + b"\r\n\r\n", headers, body)

    def line(self) -> bytes:
        """What comes up to an empty line, for `100 Continue`."""
        while b"\r\n\r\n" not in self._got:
            self._more()
        line, _, self._got = self._got.partition(b"\r\n\r\n")
        return line

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"the connection ended after {self._got!r}")
        self._got += data

    def is_closed(self) -> bool:
        """Whether the server ends the connection in an orderly way, with nothing more on it."""
        return not self._got and self.socket.recv(1) == b""

    def close(self) -> None:
        self.socket.close()


class World:
    """The server, its application and its clients."""

    def __init__(
        self,
        folder: Path,
        wsgi: Callable[..., Any] | None = None,
        gives_way: Callable[[str, str], bool] = lambda method, path: False,
        *,
        keeps_forms: bool = False,
        **bounds: Any,
    ) -> None:
        self.path = folder / "s"
        self.spool = folder / "spool"
        self.spool.mkdir()
        self.application = Application()
        bounds.setdefault("cleanup_seconds", 0.02)
        bound = Bounds(spool=self.spool, **bounds)
        sockets = [unix(self.path)]
        keep = Forms(self.spool) if keeps_forms else lambda content_type: None
        self.server = Server(wsgi or self.application, sockets, error_page, bound, keep, gives_way)
        self.finished: list[bool] = []
        self._clients: list[Client] = []
        self._thread = threading.Thread(target=lambda: self.finished.append(self.server.run()))
        self._thread.start()

    def client(self) -> Client:
        client = Client(self.path)
        self._clients.append(client)
        return client

    def ask(self, raw: bytes) -> Answer:
        """One request on a connection of its own."""
        return self.client().send(raw).answer()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the server does by itself."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.002)

    def stop(self) -> bool:
        """Stop the server; whether it finished everything."""
        self.server.stop()
        return self.join()

    def join(self) -> bool:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.finished[0]

    def close(self) -> None:
        self.application.release.set()
        for client in self._clients:
            client.close()
        self.stop()
        self.until(self.server.workers.is_idle)


def get(path: str = "/", *headers: str, version: str = "1.1") -> bytes:
    return request("GET", path, *headers, version=version)


def request(method: str, path: str, *headers: str, body: bytes = b"", version: str = "1.1") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: a.onion", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def post(body: bytes, *headers: str, path: str = "/body", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return request("POST", path, f"Content-Length: {size}", *headers, body=body)


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    """`body` in the chunked coding."""
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
