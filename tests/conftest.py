"""Fixtures that several folders use."""

from tests.postgres import postgres

__all__ = ["postgres"]
