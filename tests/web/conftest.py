"""A whole portal on SQLite, seen by a browser without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.browser import Browser
from tests.web.world import WebWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WebWorld]:
    made = WebWorld(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def browser(world: WebWorld) -> Browser:
    return Browser(world.app)
