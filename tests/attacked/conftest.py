from collections.abc import Iterator

import pytest

from portal import limits
from tests.attacked.world import World


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretch keys with little memory: how much is not what is tested here."""
    monkeypatch.setattr(limits, "ARGON2_KIB", 64)


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One portal for all attacks, as there is one for all attackers."""
    made = World(tmp_path_factory.mktemp("attacked"))
    yield made
    made.close()
