"""The same portal that tests/web has."""

from tests.web.conftest import _quick, world

__all__ = ["_quick", "world"]
