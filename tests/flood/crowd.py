"""Attackers without number: `python -m tests.flood.crowd ADDRESS HOST KIND=COUNT…`, until standard input ends.

    idle       opens a connection and sends nothing
    slowloris  sends headers a byte a second
    trickle    announces a body and sends a byte a second
    receipts   enters eight words that pass their check and open nothing, again and again: each costs a key stretching
    pages      asks for a form, again and again
    circuits   asks through Tor for a new circuit, and leaves when it is there or does not come: again and again

Each attacker comes back at once when it is put out. ADDRESS is HOST:PORT, the path of a unix socket, or `tor:` and the
paths of the SOCKS sockets of some tors, with commas between: the attackers come through these, of each kind the first
`CIRCUITS` on a circuit of their own, the others on theirs. Prints how many are there as soon as all are, or after
`ARRIVE_SECONDS`, and at the end how many answers of each status each kind got, as JSON.
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
from tests.flood.tunnel import Streams, tunnel

STEP_SECONDS = 1.0
BACK_SECONDS = 0.05
"""An attacker comes back after so long."""
CIRCUITS = 100
"""Of each kind. Many connections on a circuit are cheap, for an attacker and for the machine that plays all of them."""
ARRIVE_SECONDS = 90.0
LEAVE_SECONDS = 3.0
"""Who wants nothing but circuits asks for the next one, whether the last one came or not."""
_TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
_COOKIE = re.compile(rb"Set-Cookie: (c=[^;]+);")


class Crowd:
    """All attackers of one process."""

    def __init__(self, address: str, host: str) -> None:
        self._address = address
        self._host = host
        self._tors = address.removeprefix("tor:").split(",") if address.startswith("tor:") else []
        self.answers: dict[str, Counter[str]] = {}

    async def connect(self, name: str = "", number: int = 0) -> Streams:
        """A new connection; through Tor on the circuit that has this name."""
        if self._tors:
            return await tunnel(self._tors[number % len(self._tors)], name, self._host)
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
        self._count(kind, head[9:12].decode())
        return head + body

    def _count(self, kind: str, what: str) -> None:
        self.answers.setdefault(kind, Counter())[what] += 1

    async def circuits(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count("circuits", "built")

    async def attack(self, kind: str, number: int, arrived: asyncio.Semaphore) -> None:
        """One attacker, until it is cancelled."""
        how: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = getattr(self, kind)
        name, is_first = f"{kind} {number % CIRCUITS}", kind != "circuits"
        while True:
            if kind == "circuits":
                name = os.urandom(16).hex()
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async with asyncio.timeout(LEAVE_SECONDS if kind == "circuits" else None):
                    reader, writer = await self.connect(name, number)
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
    kinds = [(kind, n) for each in wanted for kind, _, count in [each.partition("=")] for n in range(int(count))]
    tasks = [asyncio.create_task(crowd.attack(kind, number, arrived)) for kind, number in kinds]
    # Who wants nothing but circuits is at it, whether one comes or not.
    there = [kind for kind, _ in kinds].count("circuits")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ARRIVE_SECONDS):
            while there < len(kinds):
                await arrived.acquire()
                there += 1
    print(there, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(crowd.answers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
