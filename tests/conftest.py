"""Fixtures that several folders use."""

from collections.abc import Iterator

import pytest

from tests.postgres import postgres
from tor import PrivateNetwork

__all__ = ["postgres", "private_tor"]


@pytest.fixture(scope="session")
def private_tor() -> Iterator[PrivateNetwork]:
    """A whole Tor network on loopback, one a test session: it takes about 15 seconds to start."""
    with PrivateNetwork() as network:
        yield network
