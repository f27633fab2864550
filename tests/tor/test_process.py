import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tor.fake_tor import WAIT_S, eventually
from tor import (
    AddressInUse,
    ControlLost,
    DataDirectoryInUse,
    Limits,
    ManagedTor,
    OnionKeeper,
    OnionKey,
    SettingError,
    StartError,
    Step,
    TorMissing,
)
from tor.process import OPERATOR_OPTIONS, TorProcess, operator_lines, private_folder, quote, socket_path

# The way to a network that is not there.
NO_NETWORK = [f"DirAuthority nowhere orport=1 v3ident={'A' * 40} 127.0.0.1:1 {'B' * 40}", "TestingTorNetwork 1"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return private_folder(tmp_path / "data")


@pytest.fixture
def tor(tmp_path: Path) -> Iterator[ManagedTor]:
    tor = ManagedTor(tmp_path / "with a space", NO_NETWORK)
    yield tor
    tor.release(Limits())


@pytest.mark.parametrize(
    "line",
    [
        "UseBridges 1",
        "Bridge obfs4 192.0.2.1:443 0123456789ABCDEF0123456789ABCDEF01234567 cert=abc iat-mode=0",
        "ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy",
        "usebridges 1",
        "HTTPSProxy 192.0.2.1:8080",
    ],
)
def test_lines_of_the_operator_that_pass(line: str) -> None:
    assert operator_lines([line]) == (line,)


@pytest.mark.parametrize(
    "line",
    [
        "",
        " UseBridges 1",
        "+Bridge x",
        "/Bridge",
        "SocksPort 0.0.0.0:9050",
        "ControlPort 9051",
        "Log debug file /tmp/log",
        "HiddenServiceNonAnonymousMode 1",
        "HiddenServiceSingleHopMode 1",
        "SafeLogging 0",
        "%include /etc/tor/torrc",
        "ORPort 9001",
        "User root",
        "Bridge x\nSocksPort 0.0.0.0:9050",
        "Bridge x\rSocksPort 0.0.0.0:9050",
        "Bridge x\0",
        "Bridge x\\",
    ],
)
def test_lines_of_the_operator_that_do_not(line: str) -> None:
    with pytest.raises(SettingError):
        operator_lines(["UseBridges 1", line])
    with pytest.raises(SettingError):
        ManagedTor(Path("/tmp/data"), [line])


def test_each_option_that_may_be_set_is_one_of_tors() -> None:
    listed = subprocess.run(["tor", "--list-torrc-options"], capture_output=True, text=True, check=True).stdout
    assert set(listed.lower().split()) >= OPERATOR_OPTIONS


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a#b", "a\nb"])
def test_paths_that_tor_cannot_read(name: str) -> None:
    with pytest.raises(SettingError, match="another folder"):
        quote(Path("/srv") / name)


def test_paths_that_are_too_long_for_a_socket() -> None:
    assert socket_path(Path("/" + "a" * 106))
    with pytest.raises(SettingError, match="108 bytes"):
        socket_path(Path("/" + "a" * 107))
    with pytest.raises(SettingError, match="shorter"):
        ManagedTor(Path("/" + "é" * 60))


def test_the_folder_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = private_folder(tmp_path / "deep" / "data")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o750)
    with pytest.raises(SettingError, match="chmod 700"):
        private_folder(folder)
    folder.chmod(0o700)
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="cannot be made"):
        private_folder(tmp_path / "file" / "data")
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(SettingError, match="chown"):
        private_folder(folder)


@pytest.mark.parametrize("binary", ["tor-that-is-not-there", "/nowhere/tor", "/etc/passwd", "/tmp"])
def test_no_tor(folder: Path, binary: str) -> None:
    with pytest.raises(TorMissing, match="install"):
        TorProcess.start([f"DataDirectory {folder}"], binary)


def test_a_program_that_is_not_tor(folder: Path) -> None:
    with pytest.raises(StartError, match="it gave no reason"):
        TorProcess.start([f"DataDirectory {folder}"], "/bin/true")


def test_a_port_that_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(AddressInUse, match=rf"^The address {address} is already in use"):
            TorProcess.start([f"DataDirectory {folder}", f"SocksPort {address}"])


def test_a_data_directory_that_is_taken(tor: ManagedTor, tmp_path: Path) -> None:
    tor.connect(Limits())
    second = ManagedTor(tmp_path / "with a space", NO_NETWORK)
    with pytest.raises(DataDirectoryInUse):
        second.connect(Limits())
    assert tor.pid is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("NoSuchOption 1", "Unknown option 'NoSuchOption'"),
        ("SocksPort nonsense:port", "Invalid SocksPort"),
        ("ControlSocket /nowhere/at/all/control", "/nowhere/at/all"),
    ],
)
def test_tors_own_reason_is_told(folder: Path, line: str, words: str) -> None:
    with pytest.raises(StartError, match="mend that") as caught:
        TorProcess.start([f"DataDirectory {folder}", line])
    assert words in str(caught.value)


def test_a_managed_tor_opens_nothing_and_logs_nothing(tor: ManagedTor, tmp_path: Path) -> None:
    said: list[str] = []
    tor._say = said.append
    control = tor.connect(Limits())
    folder = tmp_path / "with a space"
    assert "Bootstrapped 0%" in said[-1]
    assert {path.name for path in folder.iterdir()} <= {
        "control", "socks", "control_auth_cookie", "keys", "lock", "state", "unverified-microdesc-consensus",
    }  # fmt: skip
    for name, value in {
        "SafeLogging": "SafeLogging=1",
        "AvoidDiskWrites": "AvoidDiskWrites=1",
        "ControlPort": "ControlPort",
        "ORPort": "ORPort",
        "Log": "Log=notice stdout",
    }.items():
        assert control.ask(f"GETCONF {name}") == [value]
    assert control.info("net/listeners/socks") == f'"unix:{folder}/socks"'
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    blocked = int(Path(f"/proc/{tor.pid}/status").read_text().split("SigBlk:\t")[1].split()[0], 16)
    assert blocked >> signal.SIGINT - 1 & 1, "Ctrl-C at the terminal would reach tor"


def test_tor_ends_with_the_connection_and_can_start_again(tor: ManagedTor) -> None:
    first = tor.connect(Limits())
    assert tor.pid
    first.close()
    eventually(lambda: tor.pid is None)
    with pytest.raises(ControlLost):
        first.info("version")
    assert tor.connect(Limits()).info("version").startswith("0.")
    tor.release(Limits())
    assert tor.pid is None


def test_a_hung_tor_is_killed(tor: ManagedTor) -> None:
    tor.connect(Limits())
    pid = tor.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    tor.release(Limits(stop_s=0.1))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_keeper_goes_on_without_tor(tmp_path: Path) -> None:
    keeper = OnionKeeper(
        key=OnionKey.create(), target=tmp_path / "portal.sock", tor=ManagedTor(tmp_path / "data", binary="no-tor")
    )
    keeper.start()
    state = keeper.wait(lambda state: state.problem is not None, WAIT_S)
    assert isinstance(state.problem, TorMissing)
    assert "apt-get install tor" in str(state)
    keeper.stop()
    assert keeper.state.step is Step.STOPPED


def test_the_keeper_says_why_it_does_not_get_into_the_network(tmp_path: Path) -> None:
    keeper = OnionKeeper(
        key=OnionKey.create(),
        target=tmp_path / "portal.sock",
        tor=ManagedTor(tmp_path / "data", NO_NETWORK),
        limits=Limits(bootstrap_stuck_s=1),
    )
    keeper.start()
    state = keeper.wait(lambda state: "Connection refused" in str(state), 4 * WAIT_S)
    keeper.stop()
    assert "makes no headway" in str(state), state
    assert state.step is Step.BOOTSTRAPPING
