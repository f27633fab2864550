"""Connections through the SOCKS socket of a tor, for a crowd: RFC 1928 and 1929, without threads.

tor keeps connections with different user names on different circuits, and those with the same name on the same.
"""

import asyncio
import struct

from tor.onion import PORT

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_ADDRESS_BYTES = {1: 4, 4: 16}
_PORT_BYTES = 2


async def tunnel(proxy: str, user: str, host: str) -> Streams:
    """A connection to port 80 of `host` on the circuit of `user`. Raises OSError and IncompleteReadError."""
    reader, writer = await asyncio.open_unix_connection(proxy)
    name = user.encode()
    try:
        writer.write(b"\x05\x01\x02")
        await reader.readexactly(2)
        writer.write(b"\x01" + bytes([len(name)]) + name + b"\x01-")
        await reader.readexactly(2)
        writer.write(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + struct.pack(">H", PORT))
        _, refused, _, kind = await reader.readexactly(4)
        if refused:
            raise ConnectionRefusedError
        await reader.readexactly(_ADDRESS_BYTES[kind] + _PORT_BYTES)
    except BaseException:
        writer.close()
        raise
    return reader, writer
