"""Every test that asks for `url` or `store` runs on both databases."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from portal.store import Store, sqlite_url
from tests.postgres import Server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the SQLite database of this test lies, in a folder with nothing else."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder / "portal.db"


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with its tables, to copy."""
    path = tmp_path_factory.mktemp("tables") / "portal.db"
    _create(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres: Server) -> str:
    """The URL of a PostgreSQL database with its tables, which the tests empty and use in turn."""
    url = postgres.new_database()
    _create(url)
    return url


def _create(url: str) -> None:
    store = Store(url)
    store.create()
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database."""
    value: str = request.param
    return value


@pytest.fixture
def new_url(kind: str, request: pytest.FixtureRequest) -> str:
    """The URL of a SQLite database that is not there, or of a PostgreSQL database that is empty."""
    if kind == "sqlite":
        return sqlite_url(request.getfixturevalue("path"))
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def empty_postgres(postgres_tables: str) -> Callable[[], str]:
    """Empties the PostgreSQL database with tables, as often as it is called, and gives its URL."""

    def empty() -> str:
        with psycopg.connect(postgres_tables.replace("+psycopg", "")) as connection:
            connection.execute("TRUNCATE collected, item, chunk, waiting, reply, taken")
        return postgres_tables

    return empty


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database with its tables, all empty."""
    if kind == "postgresql":
        empty: Callable[[], str] = request.getfixturevalue("empty_postgres")
        return empty()
    path: Path = request.getfixturevalue("path")
    shutil.copy(request.getfixturevalue("sqlite_tables"), path)
    return sqlite_url(path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store on it."""
    made = Store(url)
    yield made
    made.close()
