"""`portal waiting` on both databases: what a script or a sign by the door goes by."""

import json
from pathlib import Path

import pytest

from portal import cli
from portal.store import Store
from tests.store.conftest import empty_postgres, kind, path, postgres_tables, sqlite_tables, store, url
from tests.store.helpers import add, claim

__all__ = ["empty_postgres", "kind", "path", "postgres_tables", "sqlite_tables", "store", "url"]


@pytest.fixture
def options(url: str, tmp_path: Path) -> list[str]:
    """A state folder, and the database that the store contract is tested on."""
    return ["--state", str(tmp_path), "--database", url]


def waiting(options: list[str], *more: str) -> int:
    return cli.main(["waiting", *options, *more])


def test_none_some_and_none_again(store: Store, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert waiting(options, "--desk", "police") == 0
    assert capsys.readouterr().out == "0\n"
    add(store, 1, ["police", "ecpat"])
    add(store, 2, ["police"])
    assert waiting(options, "--desk", "police") == 3
    assert capsys.readouterr().out == "2\n"
    assert waiting(options, "--desk", "ecpat", "--json") == 3
    assert json.loads(capsys.readouterr().out) == {"desk": "ecpat", "waiting": 1}
    assert waiting(options, "--desk", "stopline", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"desk": "stopline", "waiting": 0}
    store.apply_pack("police", 1, "2026-11-25", [claim(1), claim(2)], [], "2027-11")
    assert waiting(options, "--desk", "police") == 0
    assert waiting(options, "--desk", "ecpat") == 3


def test_a_desk_that_is_not_there(store: Store, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    add(store, 1)
    assert waiting(options, "--desk", "polize") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "no desk called polize" in err


def test_a_database_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that answers is not the same as nothing that waits."""
    assert waiting(["--state", str(tmp_path)], "--desk", "police") == 1
    assert capsys.readouterr().err.startswith("error: ")
