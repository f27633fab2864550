from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.world import World


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes a running server with the given bounds; one a test."""
    worlds: list[World] = []

    def make(**bounds: Any) -> World:
        worlds.append(World(tmp_path, **bounds))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
        assert world.server.budget.taken == 0
        assert not world.server.channels()


@pytest.fixture
def world(serve: Callable[..., World]) -> World:
    """A running server with the usual bounds."""
    return serve()
