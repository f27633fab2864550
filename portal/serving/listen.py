"""Sockets that are bound, or an error that says what to do."""

import errno
import ipaddress
import os
import socket
import stat
from pathlib import Path

from portal.errors import AddressInUse, ListenError, NotLoopback

_PATH_BYTES = 107
"""The longest path of a unix socket (unix(7): 108 with its NUL)."""

_OWNER, _OWNER_AND_GROUP = 0o600, 0o660


def unix(path: Path) -> socket.socket:
    """A socket bound to `path`, for this user alone; in a folder with the setgid bit, for the folder's group as well.

    A socket file that nobody listens on is replaced. Raises AddressInUse, or ListenError.
    """
    if len(os.fsencode(path)) > _PATH_BYTES:
        raise ListenError(f"{path} is longer than the {_PATH_BYTES} bytes of a socket's path: choose a shorter one.")
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The file is made with the mode of the socket (unix(7)), so it is never open to others, not for a moment.
        os.fchmod(bound.fileno(), _OWNER)
        bound.bind(os.fsencode(path))
        if path.parent.stat().st_mode & stat.S_ISGID:
            path.chmod(_OWNER_AND_GROUP)
    except OSError as error:
        bound.close()
        raise ListenError(f"{path} cannot be made ({os.strerror(error.errno or 0)}): choose another socket.") from None
    return bound


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ListenError(f"{path} is there and is not a socket: choose another path, or move it away.")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(os.fsencode(path))
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
        return
    except OSError as error:
        raise ListenError(f"{path} cannot be used ({os.strerror(error.errno or 0)}): choose another socket.") from None
    raise AddressInUse(f"{path} is in use: another portal runs there; stop it, or choose another socket.")


def preview(address: str) -> socket.socket:
    """A socket bound to a loopback address, HOST:PORT. Raises NotLoopback, AddressInUse, or ListenError."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ListenError(f"{address} is not an address of the form HOST:PORT: write for example 127.0.0.1:8080.")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        ip = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise NotLoopback(
            f"{host} is not a loopback address: the preview takes 127.0.0.1, [::1] or localhost."
        ) from None
    if not ip.is_loopback:
        raise NotLoopback(f"{host} can be reached from outside: the preview takes 127.0.0.1, [::1] or localhost.")
    bound = socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((str(ip), int(port)))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(f"{address} is in use: stop the other program, or choose another port.") from None
        raise ListenError(f"{address} cannot be used ({os.strerror(error.errno or 0)}): choose another.") from None
    return bound
