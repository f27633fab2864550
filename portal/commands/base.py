"""What all commands share."""

import argparse
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from portal import settings
from portal.errors import SettingsError
from portal.settings import Settings
from portal.store import Store

_READ_BYTES = 256 * 1024
"""A file is read in pieces of this size, bytes."""


class Run(Protocol):
    """Does a command; its exit status, where None is 0."""

    def __call__(self, options: argparse.Namespace, /) -> int | None: ...


class Command(Protocol):
    """Adds a command; the parser has --state and --database already."""

    def __call__(self, name: str, run: Run, text: str) -> argparse.ArgumentParser: ...


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of the state folder that `options` name. Raises SettingsError."""
    return settings.load(options.state, getattr(options, "keys", None), options.database)


def check_desk(chosen: Settings, desk: str) -> None:
    """Raises SettingsError if the settings have no desk of this name."""
    if desk not in chosen.desks:
        raise SettingsError(f"There is no desk called {desk}: the settings have {', '.join(chosen.desks)}.")


def store_of(chosen: Settings) -> Store:
    """The store, whose tables are those of this version. Raises StoreError."""
    store = Store(chosen.database)
    store.check_schema()
    return store


def today() -> date:
    """The day, UTC."""
    return datetime.now(UTC).date()


def count(number: int, what: str) -> str:
    """A number and what it counts."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def pieces(path: Path) -> Iterator[bytes]:
    """The content of a file, in pieces of 256 KiB. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            yield piece


def add_keys(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """The option --keys."""
    parser.add_argument("--keys", type=Path, required=required, metavar="DIR", help="the desks' public keys")
