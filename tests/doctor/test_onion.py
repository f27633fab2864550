"""tor as the doctor sees it: its version, its defences, and one visit; against a control port that tests fill in."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from portal.doctor import onion
from portal.doctor.onion import Tor
from portal.settings import Settings
from tests.doctor.planted import check, machine
from tests.tor.fake_tor import FAST, FakeTor
from tor import OnionKey
from tor.checkup import Facts

PROGRAM = {"tor --version": "Tor version 0.4.9.11.\nmore\n", "tor --list-modules": "relay: yes\npow: yes\n"}
CONSENSUS = "2026-11-25 10:00:00"


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, keys=tmp_path, database="", tor_control=str(tmp_path / "control"))


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeTor]:
    with contextlib.closing(FakeTor(tmp_path / "control")) as made:
        made.info["status/version/current"] = "status/version/current=recommended"
        made.info["consensus/valid-after"] = f"consensus/valid-after={CONSENSUS}"
        made.info["consensus/valid-until"] = "consensus/valid-until=2026-11-25 13:00:00"
        yield made


def running(version: str = "0.4.9.11", advice: str = "recommended") -> Tor:
    return Tor(facts=Facts(version, advice, None))


def test_what_a_tor_says(chosen: Settings, fake: FakeTor, tmp_path: Path) -> None:
    with onion.ask(chosen, FAST) as tor:
        assert tor.facts == Facts(
            "0.4.9.11",
            "recommended",
            (datetime(2026, 11, 25, 10, tzinfo=UTC), datetime(2026, 11, 25, 13, tzinfo=UTC)),
        )
        check(onion.check_version(machine(tmp_path), tor), "ok", "This is tor 0.4.9.11, which is recommended")


def test_a_tor_that_has_no_consensus_yet(chosen: Settings, fake: FakeTor) -> None:
    fake.refuse = dict.fromkeys(["consensus/valid-after", "status/version/current"], "551 Not available")
    with onion.ask(chosen, FAST) as tor:
        assert tor.facts == Facts("0.4.9.11", "", None)


@pytest.mark.parametrize(
    ("tor", "level", "says"),
    [
        (running(), "ok", "recommended"),
        (running("0.4.9.11", "unknown"), "ok", "0.4.9.11"),
        (running("0.4.9.11", "none recommended"), "ok", "This is tor 0.4.9.11."),
        (running("0.4.8.12", "obsolete"), "bad", "obsolete"),
        (running("0.4.8.12", "unrecommended"), "warn", "unrecommended"),
        (running("0.4.5.9", "recommended"), "bad", "too old"),
        (Tor(problem="Nothing answers."), "ok", "This is tor 0.4.9.11."),
    ],
)
def test_versions(tmp_path: Path, tor: Tor, level: str, says: str) -> None:
    check(onion.check_version(machine(tmp_path, programs=PROGRAM), tor), level, says)


def test_no_tor_at_all(chosen: Settings, tmp_path: Path) -> None:
    nothing = machine(tmp_path)
    with onion.ask(chosen, FAST) as tor:
        assert "Nothing answers at tor's control socket" in tor.problem
        check(onion.check_version(nothing, tor), "bad", "There is no tor here")
        check(onion.check_work(nothing, chosen, tor), "bad", "There is no tor here")


@pytest.mark.parametrize(
    ("tor", "modules", "wanted", "level", "says"),
    [
        (running(), "pow: yes\n", True, "ok", "work for their turn"),
        (running("0.4.7.16"), "pow: yes\n", True, "warn", "tor 0.4.7.16 has no defence"),
        (running(), "pow: no\n", True, "warn", "has no defence"),
        (running(), "pow: yes\n", False, "warn", "is switched off"),
    ],
    ids=["on", "the tor of Debian 12", "built without", "off in the settings"],
)
def test_work(chosen: Settings, tmp_path: Path, tor: Tor, modules: str, wanted: bool, level: str, says: str) -> None:
    planted = machine(tmp_path, programs={"tor --list-modules": modules})
    check(onion.check_work(planted, msgspec.structs.replace(chosen, proof_of_work=wanted), tor), level, says)


class Proxy:
    """A SOCKS port that gives one answer."""

    def __init__(self, path: Path, reply: int) -> None:
        self._reply = reply
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self.asked = b""
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(3)
            connection.sendall(b"\x05\x02")
            connection.recv(100)
            connection.sendall(b"\x01\x00")
            self.asked = connection.recv(100)
            connection.sendall(bytes([5, self._reply, 0, 1]) + bytes(6))

    def close(self) -> None:
        self._thread.join(5)
        self._listener.close()


@pytest.fixture
def key(tmp_path: Path) -> OnionKey:
    return OnionKey.load_or_create(tmp_path / "onion.key")


@pytest.mark.parametrize(
    ("reply", "level", "says"),
    [(0, "ok", "answers, from outside through tor"), (0xF0, "bad", "its descriptor is not in the network")],
)
def test_a_visit(
    chosen: Settings, fake: FakeTor, key: OnionKey, tmp_path: Path, reply: int, level: str, says: str
) -> None:
    fake.info["net/listeners/socks"] = f'net/listeners/socks="unix:{tmp_path}/socks"'
    with onion.ask(chosen, FAST) as tor, contextlib.closing(Proxy(tmp_path / "socks", reply)) as proxy:
        check(onion.check_reachable(chosen, tor, True, FAST), level, says)
    assert key.address.encode() in proxy.asked


def test_a_tor_that_is_not_in_the_network(chosen: Settings, fake: FakeTor, key: OnionKey) -> None:
    fake.info["status/bootstrap-phase"] = (
        'status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=14 TAG=handshake SUMMARY="Handshaking with a relay"'
    )
    with onion.ask(chosen, FAST) as tor:
        check(onion.check_reachable(chosen, tor, True, FAST), "bad", "stands at 14 % (Handshaking with a relay)")


def test_a_tor_without_a_socks_port(chosen: Settings, fake: FakeTor, key: OnionKey) -> None:
    with onion.ask(chosen, FAST) as tor:
        check(onion.check_reachable(chosen, tor, True, FAST), "warn", "tor has no SOCKS port")


def test_nobody_to_ask(chosen: Settings, key: OnionKey) -> None:
    check(onion.check_reachable(chosen, running(), False, FAST), "warn", "no portal serves this state")
    with onion.ask(chosen, FAST) as tor:
        check(onion.check_reachable(chosen, tor, True, FAST), "bad", "tor cannot be asked")


def test_a_key_that_is_not_there(chosen: Settings, fake: FakeTor) -> None:
    with onion.ask(chosen, FAST) as tor:
        check(onion.check_reachable(chosen, tor, True, FAST), "warn", "The address is not known here")
