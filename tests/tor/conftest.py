"""A keeper, a fake tor that it talks to, and what it reports."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tor.fake_tor import FAST, FakeTor
from tests.tor.keepers import KEY, Start
from tor import Limits, OnionKeeper, OnionState, Step, SystemTor


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeTor]:
    fake = FakeTor(tmp_path / "control")
    yield fake
    fake.close()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """A portal that accepts connections, and no more."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "portal.sock"))
        listener.listen(100)
        yield tmp_path / "portal.sock"


@pytest.fixture
def reports() -> list[OnionState]:
    return []


@pytest.fixture
def start(fake: FakeTor, target: Path, reports: list[OnionState]) -> Iterator[Start]:
    """Starts a keeper for the fake tor, and stops it at the end."""
    keepers = []

    def begin(limits: Limits = FAST, **fields: object) -> OnionKeeper:
        arguments = {"key": KEY, "target": target, "tor": SystemTor(str(fake.path)), "report": reports.append}
        keeper = OnionKeeper(limits=limits, **(arguments | fields))  # type: ignore[arg-type]
        keepers.append(keeper)
        keeper.start()
        return keeper

    yield begin
    for keeper in keepers:
        keeper.stop()
        assert keeper.state.step is Step.STOPPED
