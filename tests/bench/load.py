"""Visitors that are a burden, in a process of their own; they go on until their standard input ends.

`python -m tests.bench.load URL slow COUNT` keeps COUNT uploads open that send a few bytes a second.
`python -m tests.bench.load URL large COUNT` sends COUNT attachments of 100 MB at once, and again.
Both print a line when the burden is there, and at the end how many were refused or failed.
"""

import contextlib
import socket
import sys
import threading
import urllib.parse
from collections.abc import Callable

from tests.bench.upload import send_file

LARGE_BYTES = 100_000_000
_FIRST_BYTES = 100_000
_STEP_BYTES = 20
_STEP_SECONDS = 1.0


def slow(url: str, count: int, ended: threading.Event) -> int:
    """Returns how many of the connections the server closed."""
    target = urllib.parse.urlsplit(url)
    head = f"POST /en/report/travel HTTP/1.1\r\nHost: {target.netloc}\r\nContent-Length: 10000000\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        open_ones = [
            stack.enter_context(socket.create_connection((target.hostname, target.port))) for _ in range(count)
        ]
        for connection in open_ones:
            connection.sendall(head + bytes(_FIRST_BYTES))
        print("ready", flush=True)
        closed = 0
        while not ended.wait(_STEP_SECONDS):
            for connection in list(open_ones):
                try:
                    connection.sendall(bytes(_STEP_BYTES))
                except OSError:
                    closed += 1
                    open_ones.remove(connection)
    return closed


def large(url: str, count: int, ended: threading.Event) -> int:
    """Returns how many of the uploads got no receipt."""
    failed: list[str] = []
    begun = threading.Barrier(count + 1)

    def send() -> None:
        first: Callable[[], object] = begun.wait
        while not ended.is_set():
            try:
                send_file(url, LARGE_BYTES, first)
            except (OSError, AssertionError) as error:
                failed.append(str(error))
            first = bool

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    begun.wait()
    print("ready", flush=True)
    for thread in threads:
        thread.join()
    return len(failed)


def main(url: str, kind: str, count: str) -> None:
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    print({"slow": slow, "large": large}[kind](url, int(count), ended), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
