"""A whole portal on SQLite, seen by browsers without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import limits
from tests.web.browser import Browser
from tests.web.threads import Thread
from tests.web.world import WebWorld


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretch keys with little memory: how much is not what is tested here."""
    monkeypatch.setattr(limits, "ARGON2_KIB", 64)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    """One portal for all tests, as it is for all visitors; what a test changes of it goes through monkeypatch."""
    made = WebWorld(tmp_path_factory.mktemp("portal"))
    yield made
    made.store.close()


@pytest.fixture
def other_world(tmp_path: Path) -> Iterator[WebWorld]:
    """A portal for one test alone."""
    made = WebWorld(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def browser(world: WebWorld) -> Browser:
    """A new visitor."""
    return Browser(world.app)


@pytest.fixture
def thread(world: WebWorld, browser: Browser) -> Thread:
    """A reporter who has just filed a report."""
    return Thread(world, browser)
