"""The same portal that tests/web has."""

from tests.web.conftest import _quick, other_world

__all__ = ["_quick", "other_world"]
