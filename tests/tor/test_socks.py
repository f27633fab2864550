import socket
from collections.abc import Callable

import pytest

from tests.tor.fake_tor import FakeServer
from tor import NotFound, ProbeError, Unreachable, socks

HOST = "a" * 56 + ".onion"
GRANTED = b"\x05\x02" + b"\x01\x00" + b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


def through(serve: Callable[[socket.socket], None], timeout_s: float = 5) -> None:
    server = FakeServer(serve)
    try:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            socks.connect(connection, HOST, 80, timeout_s)
            connection.settimeout(5)
            assert connection.recv(10) == b"hello"
    finally:
        server.close()


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.sendall(answer)
        while connection.recv(4096):
            pass

    return serve


@pytest.mark.parametrize("bound", [b"\x01" + bytes(4), b"\x04" + bytes(16), b"\x03\x04name"])
def test_the_request_is_byte_for_byte_that_of_the_rfcs(bound: bytes) -> None:
    seen = []

    def serve(connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            seen.append(stream.read(3))
            connection.sendall(b"\x05\x02")
            seen.append(stream.read(2))
            user = stream.read(seen[1][1])
            seen.append(stream.read(2))
            connection.sendall(b"\x01\x00")
            seen.append(stream.read(4 + 1 + len(HOST) + 2))
            # A slow proxy: the answer comes in single bytes, the visitor's data right behind it.
            for byte in b"\x05\x00\x00" + bound + b"\x00\x50" + b"hello":
                connection.sendall(bytes([byte]))
            assert len(user) == 32

    through(serve)
    assert seen == [
        b"\x05\x01\x02",
        b"\x01\x20",
        b"\x01-",
        b"\x05\x01\x00\x03" + bytes([62]) + HOST.encode() + b"\x00\x50",
    ]


def test_each_connection_is_a_new_visitor() -> None:
    users = []

    def serve(connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            connection.sendall(GRANTED + b"hello")
            stream.read(5)
            users.append(stream.read(32))

    through(serve)
    through(serve)
    assert len(set(users)) == 2


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (0x01, "could not build"),
        (0x04, "no way to it"),
        (0x05, "refused the connection"),
        (0x06, "not ready in time"),
        (0xF0, "descriptor is not in"),
        (0xF2, "introduction points do not answer"),
        (0xF4, "wants client authorisation"),
        (0x77, "SOCKS reply 119"),
    ],
)
def test_tors_reason_is_told(reply: int, words: str) -> None:
    refused = b"\x05\x02" + b"\x01\x00" + b"\x05" + bytes([reply]) + b"\x00\x01" + bytes(6)
    with pytest.raises(Unreachable, match=words) as caught:
        through(saying(refused))
    assert isinstance(caught.value, NotFound) == (reply in (0x04, 0xF0, 0xF2))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x05\x00",  # wants no name, so it would not keep visitors apart
        b"\x05\xff",
        b"\x04\x5a",
        b"\x05\x02" + b"\x01\x01",
        b"\x05\x02" + b"\x01\x00" + b"\x05\x00\x00\x02" + bytes(6),
    ],
)
def test_what_speaks_something_else_is_no_proxy(answer: bytes) -> None:
    with pytest.raises(ProbeError) as caught:
        through(saying(answer))
    assert not isinstance(caught.value, Unreachable)
    assert "SocksPort" in str(caught.value)


@pytest.mark.parametrize("size", range(len(GRANTED)))
def test_an_answer_cut_short_is_a_lost_proxy(size: int) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(GRANTED[:size])
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    with pytest.raises(ProbeError, match="ended the connection"):
        through(serve)


@pytest.mark.parametrize("size", [0, 1, 3, len(GRANTED) - 1])
def test_silence_has_an_end(size: int) -> None:
    with pytest.raises(Unreachable, match="in time"):
        through(saying(GRANTED[:size]), timeout_s=0.1)
