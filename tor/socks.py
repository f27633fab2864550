"""A minimal SOCKS5 client: one connection to an onion address through tor, which resolves the name.

Sources: RFC 1928 (SOCKS5), RFC 1929 (user name and password), and Tor's socks-extensions: tor keeps connections with
different user names on different circuits, so a random one makes every probe a new visitor.
"""

import secrets
import socket
import struct
import time

from .errors import NotFound, ProbeError, Unreachable

_VERSION = 5
_BY_PASSWORD = 2
_CONNECT = 1
_DOMAIN_NAME = 3
_ADDRESS_BYTES = {1: 4, 4: 16}

_REPLIES = {
    0x01: "tor could not build a way to it",
    0x02: "tor's SOCKS port does not allow onion addresses",
    0x03: "tor has no network",
    0x04: "tor found no way to it",
    0x05: "the service refused the connection",
    0x06: "the way to it was not ready in time",
    0xF0: "its descriptor is not in the network's directories",
    0xF1: "its descriptor is not valid",
    0xF2: "its introduction points do not answer",
    0xF3: "no rendezvous came about",
    0xF4: "it wants client authorisation",
    0xF5: "it refused our client authorisation",
    0xF6: "tor does not accept the address",
    0xF7: "its introduction points did not answer in time",
}
"""RFC 1928, 6, and from 0xF0 on Tor's ExtendedErrors."""

_NOT_FOUND = (0x04, 0xF0, 0xF1, 0xF2)
"""The service is not where the network says it is, rather than slow, crowded or closed."""


def connect(connection: socket.socket, host: str, port: int, timeout_s: float) -> None:
    """Asks the SOCKS proxy at the other end of `connection` for a connection to `host`, within `timeout_s` seconds.

    `host` is a name of at most 255 ASCII characters. When it returns, the connection is the visitor's. Raises
    `NotFound` and `Unreachable` with the proxy's reason, `ProbeError` if it does not speak SOCKS5 or is lost.
    """
    try:
        _connect(connection, host, port, time.monotonic() + timeout_s)
    except TimeoutError as error:
        raise Unreachable(_message("it did not answer in time")) from error
    except OSError as error:
        raise ProbeError("tor's SOCKS port ended the connection: the probe is repeated later.") from error


def _connect(connection: socket.socket, host: str, port: int, deadline: float) -> None:
    connection.settimeout(_left(deadline))
    connection.sendall(bytes([_VERSION, 1, _BY_PASSWORD]))
    if _receive(connection, 2, deadline) != bytes([_VERSION, _BY_PASSWORD]):
        raise ProbeError("What tor names as its SOCKS port does not speak SOCKS5: look at SocksPort in its torrc.")
    user = secrets.token_hex(16).encode("ascii")
    connection.sendall(b"\x01" + bytes([len(user)]) + user + b"\x01-")
    if _receive(connection, 2, deadline)[1] != 0:
        raise ProbeError("tor's SOCKS port refuses any user name: look at SocksPort in its torrc.")
    name = host.encode("ascii")
    connection.sendall(bytes([_VERSION, _CONNECT, 0, _DOMAIN_NAME, len(name)]) + name + struct.pack(">H", port))
    _, reply, _, kind = _receive(connection, 4, deadline)
    if reply != 0:
        kind_of_failure = NotFound if reply in _NOT_FOUND else Unreachable
        raise kind_of_failure(_message(_REPLIES.get(reply, f"SOCKS reply {reply}")))
    size = _receive(connection, 1, deadline)[0] if kind == _DOMAIN_NAME else _ADDRESS_BYTES.get(kind)
    if size is None:
        raise ProbeError("What tor names as its SOCKS port does not speak SOCKS5: look at SocksPort in its torrc.")
    _receive(connection, size + 2, deadline)


def _receive(connection: socket.socket, size: int, deadline: float) -> bytes:
    content = b""
    while len(content) < size:
        connection.settimeout(_left(deadline))
        more = connection.recv(size - len(content))
        if not more:
            raise ConnectionResetError
        content += more
    return content


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _message(reason: str) -> str:
    return f"Our own onion address does not answer ({reason}): visitors may not reach it; it is tried again."
