"""A tor that keeps what passes through it, as one would that somebody has changed: in a file in its own folder."""

import asyncio
import threading
from pathlib import Path
from typing import Any

from portal import server

BLOCK_BYTES = 65_536


def plant(state: Path) -> None:
    """From now on the portal's tor keeps all streams of its onion service."""
    keeper = server.OnionKeeper

    def kept(*, target: Path, **others: Any) -> server.OnionKeeper:
        tap = Tap(target, state / "tapped.sock", state / "tor" / "cached-streams")
        threading.Thread(target=lambda: asyncio.run(tap.run()), daemon=True).start()
        return keeper(target=tap.path, **others)

    server.OnionKeeper = kept  # type: ignore[assignment, misc]


class Tap:
    """Listens at `path`, passes everything on to `target` and back, and keeps a copy."""

    def __init__(self, target: Path, path: Path, copy: Path) -> None:
        self.path = path
        self._target = target
        self._copy = copy

    async def run(self) -> None:
        """Until the program ends."""
        self.path.unlink(missing_ok=True)
        async with await asyncio.start_unix_server(self._pass_on, self.path) as listening:
            await listening.serve_forever()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer), return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.read(BLOCK_BYTES):
                with self._copy.open("ab") as copy:
                    copy.write(block)
                writer.write(block)
                await writer.drain()
        finally:
            writer.close()
