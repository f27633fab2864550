"""Attackers without number: `python -m tests.flood.crowd ADDRESS HOST KIND=COUNT…`, until standard input ends.

    idle       opens a connection and sends nothing
    slowloris  sends headers a byte a second
    trickle    announces a body and sends a byte a second
    receipts   enters eight words that pass their check and open nothing, again and again: each costs a key stretching
    pages      asks for a form, again and again

Each attacker comes back at once when it is put out. ADDRESS is HOST:PORT, or the path of a unix socket. Prints a line
when all are there, and at the end how many answers of each status each kind got, as JSON.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

from portal import receipt

STEP_SECONDS = 1.0
BACK_SECONDS = 0.05
"""An attacker comes back after so long."""
_TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
_COOKIE = re.compile(rb"Set-Cookie: (c=[^;]+);")
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Crowd:
    """All attackers of one process."""

    def __init__(self, address: str, host: str) -> None:
        self._address = address
        self._host = host
        self.answers: dict[str, Counter[str]] = {}

    async def connect(self) -> Streams:
        """A new connection."""
        if "/" in self._address:
            return await asyncio.open_unix_connection(self._address)
        name, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(name, int(port))

    async def idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def slowloris(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._drip(writer, b"GET /en/ HTTP/1.1\r\nHost: " + self._host.encode() + b"\r\nX: ")

    async def trickle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._drip(writer, self._head("POST", "/en/mailbox", 1_000_000))

    async def pages(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._ask("pages", reader, writer, self._head("GET", "/en/report/travel", 0))

    async def receipts(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        page = await self._ask("receipts", reader, writer, self._head("GET", "/en/mailbox", 0))
        token, cookie = _TOKEN.search(page), _COOKIE.search(page)
        while token and cookie:
            words = "+".join(receipt.encode(os.urandom(receipt.ENTROPY_BYTES), "english"))
            body = b"csrf_token=" + token[1] + b"&receipt=" + words.encode()
            kind = "Content-Type: application/x-www-form-urlencoded"
            head = self._head("POST", "/en/mailbox", len(body), kind, f"Cookie: {cookie[1].decode()}")
            await self._ask("receipts", reader, writer, head + body)

    def _head(self, method: str, path: str, length: int, *headers: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {length}", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    @staticmethod
    async def _drip(writer: asyncio.StreamWriter, begin: bytes) -> None:
        writer.write(begin)
        while True:
            await writer.drain()
            await asyncio.sleep(STEP_SECONDS)
            writer.write(b"x")

    async def _ask(self, kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> bytes:
        writer.write(raw)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        self.answers.setdefault(kind, Counter())[head[9:12].decode()] += 1
        return head + body

    async def attack(self, kind: str, arrived: asyncio.Semaphore) -> None:
        """One attacker, until it is cancelled."""
        how: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = getattr(self, kind)
        is_first = True
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await self.connect()
                if is_first:
                    arrived.release()
                    is_first = False
                try:
                    await how(reader, writer)
                finally:
                    writer.close()
            await asyncio.sleep(BACK_SECONDS)


async def main(address: str, host: str, *wanted: str) -> None:
    """Attack until standard input ends."""
    crowd = Crowd(address, host)
    arrived = asyncio.Semaphore(0)
    kinds = [kind for each in wanted for kind, _, count in [each.partition("=")] for _ in range(int(count))]
    tasks = [asyncio.create_task(crowd.attack(kind, arrived)) for kind in kinds]
    for _ in kinds:
        await arrived.acquire()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(crowd.answers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
