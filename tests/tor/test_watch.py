import base64
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from tests.tor.fake_tor import FAST, WAIT_S, FakeTor, eventually
from tests.tor.keepers import KEY, LABEL, REJECTED, UPLOADED, Start, problem_of
from tor import (
    BootstrapStuck,
    ClockError,
    ControlLost,
    ControlMissing,
    Limits,
    OnionKeeper,
    OnionState,
    PublishError,
    SettingError,
    Step,
    SystemTor,
    TorError,
    TorTooOld,
)
from tor.control import Control


def test_publishing(fake: FakeTor, start: Start, target: Path, reports: list[OnionState]) -> None:
    keeper = start()
    assert fake.wait("ADD_ONION") == [
        f"ADD_ONION ED25519-V3:{KEY.base64} Flags=DiscardPK PoWDefensesEnabled=1 Port=80,unix:{target}"
    ]
    assert keeper.wait(lambda state: state.step is Step.PUBLISHING, WAIT_S).defences_off == ()
    fake.event(UPLOADED.replace(LABEL, "a" * 56))
    fake.event(f"HS_DESC UPLOAD {LABEL} UNKNOWN $AB~relay desc")
    fake.event("HS_DESC UPLOADED")
    assert not keeper.state.published
    fake.event(UPLOADED)
    assert keeper.wait(lambda state: state.published, WAIT_S).address == KEY.address
    keeper.stop()
    steps = list(dict.fromkeys(state.step for state in reports))
    assert steps == [Step.STARTING, Step.BOOTSTRAPPING, Step.PUBLISHING, Step.PUBLISHED, Step.STOPPED]
    assert fake.commands[-1] == f"DEL_ONION {LABEL}"
    assert KEY.base64 not in "".join(map(repr, reports))


@pytest.mark.parametrize(
    ("refuse", "fields", "off", "left"),
    [
        ([], {"proof_of_work": False}, (), set()),
        (
            [],
            {"max_streams": 7},
            (),
            {"PoWDefensesEnabled=1", "MaxStreams=7", "Flags=DiscardPK,MaxStreamsCloseCircuit"},
        ),
        (["PoWDefensesEnabled"], {}, ("proof of work",), set()),
        (["PoWDefensesEnabled"], {"max_streams": 7}, ("proof of work",), {"MaxStreams=7"}),
        (["PoWDefensesEnabled", "MaxStreams"], {"max_streams": 7}, ("proof of work", "stream limit"), set()),
    ],
)
def test_an_old_tor_goes_without_what_it_does_not_know(
    fake: FakeTor, start: Start, refuse: list[str], fields: dict[str, object], off: tuple[str, ...], left: set[str]
) -> None:
    for word in refuse:
        fake.refuse[word] = f'512 Bad arguments to ADD_ONION: Unrecognized keyword argument "{word}"'
    keeper = start(**fields)
    state = keeper.wait(lambda state: state.step is Step.PUBLISHING, WAIT_S)
    assert state.defences_off == off
    command = fake.wait("ADD_ONION", 1 + len(off))[-1]
    assert left <= set(command.split())
    assert not any(word in command for word in refuse)
    assert "Port=80,unix:/" in command
    assert all(defence in str(state) for defence in off)


def test_a_refused_service_is_told_and_tried_again(fake: FakeTor, start: Start) -> None:
    fake.refuse["ADD_ONION"] = "551 Failed to add Onion Service"
    keeper = start()
    assert "551 Failed to add" in problem_of(keeper, PublishError)
    fake.refuse.clear()
    assert keeper.wait(lambda state: state.step is Step.PUBLISHING, WAIT_S).step is Step.PUBLISHING


def test_an_address_that_is_taken_is_told(fake: FakeTor, start: Start) -> None:
    fake.refuse["ADD_ONION"] = "550 Onion address collision"
    assert "stop the other portal" in problem_of(start(), PublishError)


def test_client_authorisation_lets_us_in_too(fake: FakeTor, start: Start) -> None:
    client = base64.b32encode(bytes(PrivateKey.generate().public_key)).decode().rstrip("=")
    start(clients=[f"descriptor:x25519:{client.lower()}"])
    command = fake.wait("ADD_ONION")[0]
    assert "Flags=DiscardPK,V3Auth" in command
    keys = re.findall(r"ClientAuthV3=([A-Z2-7]{52})", command)
    assert keys[0] == client
    address, secret = re.fullmatch(
        r"ONION_CLIENT_AUTH_ADD (\w+) x25519:(\S+)", fake.wait("ONION_CLIENT_AUTH_ADD")[0]
    ).groups()  # type: ignore[union-attr]
    ours = PrivateKey(base64.b64decode(secret)).public_key
    assert address == LABEL
    assert keys[1:] == [base64.b32encode(bytes(ours)).decode().rstrip("=")]


def test_client_authorisation_is_never_left_out(fake: FakeTor, start: Start) -> None:
    fake.refuse["ClientAuthV3"] = '512 Bad arguments to ADD_ONION: Unrecognized keyword argument "ClientAuthV3"'
    keeper = start(clients=["A" * 52])
    assert "bring tor up to date" in problem_of(keeper, TorTooOld)
    assert all("ClientAuthV3=" in command for command in fake.wait("ADD_ONION", 4))


@pytest.mark.parametrize(
    "fields",
    [
        {"target": Path("/run/the portal.sock")},
        {"target": Path('/run/"')},
        {"target": Path("/run/a\nb")},
        {"max_streams": 0},
        {"max_streams": 65_536},
        {"clients": ["A" * 51]},
        {"clients": ["A" * 51 + " "]},
        {"clients": ["A" * 52 + " Port=22"]},
    ],
)
def test_arguments_that_can_never_work(fields: dict[str, object]) -> None:
    arguments = {"key": KEY, "target": Path("/run/portal.sock"), "tor": SystemTor()}
    with pytest.raises(SettingError):
        OnionKeeper(**(arguments | fields))  # type: ignore[arg-type]


def test_a_descriptor_that_most_refuse_is_added_again(fake: FakeTor, start: Start) -> None:
    keeper = start()
    fake.wait("ADD_ONION")
    for line in (UPLOADED, REJECTED, REJECTED):
        fake.event(line)
    assert "clock" in problem_of(keeper, PublishError)
    fake.wait("ADD_ONION", 2)
    assert [command.split()[0] for command in fake.commands if "ONION" in command] == [
        "ADD_ONION",
        "DEL_ONION",
        "ADD_ONION",
    ]


def test_one_hostile_directory_moves_nothing(fake: FakeTor, start: Start) -> None:
    keeper = start(replace(FAST, heartbeat_s=0.02, probe_first_s=60))
    fake.wait("ADD_ONION")
    for _ in range(20):
        fake.event(UPLOADED)
        fake.event(REJECTED)
    fake.event(f"HS_DESC FAILED {LABEL} UNKNOWN $AB~relay desc REASON=NOT_FOUND")
    fake.wait("GETINFO version", fake.count("GETINFO version") + 5)
    assert keeper.state.published
    assert keeper.state.problem is None
    assert fake.count("ADD_ONION") == 1


def test_a_descriptor_that_nobody_takes_is_added_again(fake: FakeTor, start: Start) -> None:
    keeper = start(replace(FAST, upload_s=0.05))
    assert "No directory" in problem_of(keeper, PublishError)
    fake.wait("ADD_ONION", 3)


def test_a_late_upload_ends_the_wait(fake: FakeTor, start: Start) -> None:
    keeper = start(replace(FAST, upload_s=0.01, republish_first_s=0.5, probe_first_s=60))
    problem_of(keeper, PublishError)
    fake.event(UPLOADED)
    assert keeper.wait(lambda state: state.published, WAIT_S).problem is None
    fake.wait("GETINFO version", fake.count("GETINFO version") + 4)
    assert fake.count("ADD_ONION") == 1


def test_a_lost_connection_is_made_anew(fake: FakeTor, start: Start) -> None:
    keeper = start()
    for times in (1, 2, 3):
        fake.wait("ADD_ONION", times)
        fake.event(UPLOADED)
        assert keeper.wait(lambda state: state.published, WAIT_S).published
        fake.drop()
        problem_of(keeper, ControlLost)
    assert not keeper.state.published


def test_a_hung_tor_is_left(fake: FakeTor, start: Start) -> None:
    keeper = start(replace(FAST, answer_s=0.2, heartbeat_s=0.05))
    fake.wait("ADD_ONION")
    fake.silent = True
    problem_of(keeper, ControlLost)
    fake.silent = False
    fake.wait("ADD_ONION", 2)


def test_a_tor_that_is_not_there_is_waited_for(tmp_path: Path, start: Start, reports: list[OnionState]) -> None:
    keeper = start(tor=SystemTor(str(tmp_path / "later")))
    problem_of(keeper, ControlMissing)
    later = FakeTor(tmp_path / "later")
    try:
        later.wait("ADD_ONION")
        assert keeper.wait(lambda state: state.step is Step.PUBLISHING, WAIT_S).problem is None
        # Though it was tried several times, the problem was told once.
        assert sum(isinstance(state.problem, ControlMissing) for state in reports) == 1
        keeper.stop()
    finally:
        later.close()


def test_the_way_into_the_network(fake: FakeTor, start: Start, reports: list[OnionState]) -> None:
    def phase(progress: int, summary: str) -> None:
        fake.info["status/bootstrap-phase"] = (
            f'status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS={progress} TAG=x SUMMARY="{summary}"'
        )

    phase(5, "Connecting to a relay")
    keeper = start()
    assert "at 5 %, Connecting to a relay; tor gives no reason" in problem_of(keeper, BootstrapStuck)
    fake.event('STATUS_CLIENT WARN BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY="x" WARNING="No route to host" REASON=NOROUTE')
    keeper.wait(lambda state: "No route to host" in str(state), WAIT_S)
    fake.event("WARN The pluggable transport has ended.")
    state = keeper.wait(lambda state: "transport has ended)" in str(state), WAIT_S)
    assert (state.step, state.progress) == (Step.BOOTSTRAPPING, 5)
    phase(50, "Loading relay descriptors")
    fake.event("STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=50 TAG=x SUMMARY=x")
    state = keeper.wait(lambda state: state.progress == 50, WAIT_S)
    assert str(state) == "entering the Tor network: 50 % (Loading relay descriptors)"
    phase(100, "Done")
    fake.event("STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100 TAG=x SUMMARY=x")
    fake.wait("ADD_ONION")
    assert fake.wait("SETEVENTS", 2) == ["SETEVENTS STATUS_CLIENT WARN ERR", "SETEVENTS HS_DESC STATUS_GENERAL"]


@pytest.mark.parametrize(("skew", "told"), [("-7200", True), ("90", True), ("10", False), ("much", False)])
def test_a_wrong_clock_is_told(fake: FakeTor, start: Start, skew: str, told: bool) -> None:
    keeper = start(replace(FAST, probe_first_s=60))
    fake.wait("ADD_ONION")
    fake.event(f'STATUS_GENERAL WARN CLOCK_SKEW SKEW="{skew}" SOURCE="OR:192.0.2.1:443"')
    fake.event(UPLOADED) if not told else None
    state = keeper.wait(lambda state: isinstance(state.problem, ClockError) or state.published, WAIT_S)
    assert isinstance(state.problem, ClockError) == told
    assert "192.0.2.1" not in str(state)


def test_withdrawing_leaves_tor_to_those_who_are_connected(fake: FakeTor, start: Start) -> None:
    keeper = start()
    fake.wait("ADD_ONION")
    keeper.withdraw()
    assert fake.commands[-1] == f"DEL_ONION {LABEL}"
    assert keeper.state.step is Step.STOPPED
    # The connection, and with it a managed tor, is still there.
    fake.event(UPLOADED)
    assert fake.connected
    keeper.stop()
    eventually(lambda: not fake.connected)


@pytest.mark.parametrize("silent", [False, True])
def test_stopping_is_prompt_at_any_moment(fake: FakeTor, start: Start, silent: bool) -> None:
    keeper = start(replace(FAST, answer_s=60, connect_s=60, stop_s=0.1))
    fake.wait("ADD_ONION")
    fake.silent = silent
    fake.wait("GETINFO version", fake.count("GETINFO version") + 1)
    began = time.monotonic()
    keeper.stop()
    keeper.stop()
    assert time.monotonic() - began < 1
    assert keeper.state.step is Step.STOPPED


def test_stopping_what_was_never_started(target: Path) -> None:
    keeper = OnionKeeper(key=KEY, target=target, tor=SystemTor("/nowhere"))
    keeper.stop()
    assert keeper.state.step is Step.STOPPED
    assert str(keeper.state) == "stopped"


def test_a_fault_of_our_own_does_not_end_the_watch(fake: FakeTor, start: Start) -> None:
    class Faulty(SystemTor):
        times = 0

        def connect(self, limits: Limits) -> Control:
            self.times += 1
            if self.times < 3:
                raise ZeroDivisionError("secret")
            return super().connect(limits)

    keeper = start(tor=Faulty(str(fake.path)))
    assert (
        problem_of(keeper, TorError) == "Watching tor failed (ZeroDivisionError): please report this; it is tried anew."
    )
    fake.wait("ADD_ONION")
    eventually(lambda: keeper.state.step is Step.PUBLISHING)
