"""The keeper goes to its own address, and draws its conclusions."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.tor.fake_tor import FAST, WAIT_S, FakeServer, FakeTor
from tests.tor.keepers import CROWDED, GRANTED, UNREACHED, UPLOADED, Start, problem_of
from tor import NotFound, PortalDown, ProbeError, TorError, Unreachable


def proxied(fake: FakeTor, answer: bytes) -> FakeServer:
    """A SOCKS proxy that gives this answer, known to the fake tor."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(answer)
        while connection.recv(4096):
            pass

    server = FakeServer(serve)
    fake.info["net/listeners/socks"] = f'net/listeners/socks="127.0.0.1:{server.port}"'
    return server


def test_an_address_that_answers(fake: FakeTor, start: Start) -> None:
    with closing(proxied(fake, GRANTED)):
        keeper = start()
        fake.wait("ADD_ONION")
        assert keeper.state.reachable is None
        fake.event(UPLOADED)
        state = keeper.wait(lambda state: state.reachable is True, WAIT_S)
        assert "it answers" in str(state)
        fake.wait("GETINFO net/listeners/socks", 3)
        assert fake.count("ADD_ONION") == 1


def test_an_address_that_is_not_found_is_added_again(fake: FakeTor, start: Start) -> None:
    with closing(proxied(fake, UNREACHED)):
        keeper = start()
        fake.wait("ADD_ONION")
        fake.event(UPLOADED)
        assert "descriptor is not in" in problem_of(keeper, NotFound)
        assert keeper.state.reachable is False
        fake.wait("ADD_ONION", 2)
        assert fake.count("GETINFO net/listeners/socks") >= FAST.probes_failed


def test_an_address_that_is_slow_is_left_where_it_is(fake: FakeTor, start: Start) -> None:
    with closing(proxied(fake, CROWDED)):
        keeper = start()
        fake.wait("ADD_ONION")
        fake.event(UPLOADED)
        assert "not ready in time" in problem_of(keeper, Unreachable)
        fake.wait("GETINFO net/listeners/socks", 3 * FAST.probes_failed)
        assert keeper.state.reachable is False
        assert fake.count("ADD_ONION") == 1


@pytest.mark.parametrize(
    ("listeners", "kind", "reachable", "words"),
    [
        ("", ProbeError, None, "no SOCKS port"),
        ('"127.0.0.1:1"', ProbeError, None, "Connection refused"),
        ('"unix:/nowhere/socks" "127.0.0.1:9050"', ProbeError, None, "No such file"),
    ],
)
def test_without_a_way_to_probe_nothing_is_known(
    fake: FakeTor, start: Start, listeners: str, kind: type[TorError], reachable: bool | None, words: str
) -> None:
    fake.info["net/listeners/socks"] = f"net/listeners/socks={listeners}"
    keeper = start()
    fake.wait("ADD_ONION")
    fake.event(UPLOADED)
    assert words in problem_of(keeper, kind)
    assert keeper.state.reachable is reachable
    fake.wait("GETINFO net/listeners/socks", 4)
    assert fake.count("ADD_ONION") == 1


def test_a_portal_that_is_down_is_not_taken_for_a_network_that_is(fake: FakeTor, start: Start, tmp_path: Path) -> None:
    with closing(proxied(fake, GRANTED)):
        keeper = start(target=tmp_path / "nobody.sock")
        fake.wait("ADD_ONION")
        fake.event(UPLOADED)
        assert "nobody.sock" in problem_of(keeper, PortalDown)
        assert keeper.state.reachable is False
        fake.wait("GETINFO net/listeners/socks", 4)
        assert fake.count("ADD_ONION") == 1
