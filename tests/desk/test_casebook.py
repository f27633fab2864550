from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import sqlcipher3

from portal.desk import casebook as module
from portal.desk.casebook import STEPS, Casebook
from portal.errors import DeskError

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "casebook.db"
    Casebook.make(path, KEY).close()
    return path


def pin(casebook: Casebook, name: str) -> None:
    casebook.run("INSERT INTO portals (name, key) VALUES (?, ?)", name, name)


def test_it_opens_with_its_key_only(path: Path) -> None:
    with Casebook.open(path, KEY) as casebook:
        pin(casebook, "CANARY")
    with pytest.raises(DeskError, match="put back both"):
        Casebook.open(path, bytes(32))
    for file in path.parent.iterdir():
        assert b"CANARY" not in file.read_bytes()
        assert b"SQLite format" not in file.read_bytes()


def test_its_settings(path: Path) -> None:
    with Casebook.open(path, KEY) as casebook:
        settings = {
            name: casebook.one(f"PRAGMA {name}")[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema", "temp_store")
        }
        assert casebook.version == len(STEPS)
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "temp_store": 2,
    }


def pin_all(casebook: Casebook, names: Iterable[str]) -> None:
    with casebook.transaction():
        for name in names:
            pin(casebook, name)


def interrupted() -> Iterator[str]:
    yield "one"
    raise KeyError


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    with Casebook.open(path, KEY) as casebook:
        with pytest.raises(KeyError):
            pin_all(casebook, interrupted())
        with pytest.raises(DeskError):
            pin_all(casebook, ["two", "two"])
        assert casebook.all("SELECT name FROM portals") == []
        pin_all(casebook, ["three"])
    with Casebook.open(path, KEY) as casebook:
        assert casebook.all("SELECT name FROM portals") == [("three",)]


def test_a_casebook_of_a_newer_version_is_left_alone(path: Path) -> None:
    with Casebook.open(path, KEY) as casebook:
        casebook.run(f"PRAGMA user_version = {len(STEPS) + 1}")
    with pytest.raises(DeskError, match="newer version"):
        Casebook.open(path, KEY)


def test_missing_steps_are_taken_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPS", (*STEPS, "CREATE TABLE more (x);\nINSERT INTO more VALUES (1);\n"))
    for _ in range(2):
        with Casebook.open(path, KEY) as casebook:
            casebook.renew()
            assert (casebook.version, casebook.all("SELECT x FROM more")) == (len(STEPS) + 1, [(1,)])


def test_a_step_that_fails_leaves_the_old_schema(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPS", (*STEPS, "CREATE TABLE more (x);\nnonsense"))
    with Casebook.open(path, KEY) as casebook:
        with pytest.raises(DeskError, match="cannot be used"):
            casebook.renew()
        assert casebook.version == len(STEPS)


def test_a_missing_casebook_is_said_and_not_made(path: Path) -> None:
    path.unlink()
    with pytest.raises(DeskError, match="is missing"):
        Casebook.open(path, KEY)
    assert not path.exists()


@pytest.mark.parametrize("at", [20, 5_000])
def test_a_damaged_casebook_is_said(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(DeskError, match="put back both"), Casebook.open(path, KEY) as casebook:
        casebook.all("SELECT * FROM portals")


def test_readers_do_not_wait_for_a_writer(path: Path) -> None:
    with Casebook.open(path, KEY) as writer, writer.transaction():
        pin(writer, "one")
        with Casebook.open(path, KEY) as reader:
            assert reader.all("SELECT * FROM portals") == []


def test_a_second_writer_is_told_to_wait(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
    with (
        Casebook.open(path, KEY) as one,
        Casebook.open(path, KEY) as two,
        one.transaction(),
        pytest.raises(DeskError, match="Another command"),
    ):
        pin_all(two, ["one"])


def test_a_full_disk_is_said(path: Path) -> None:
    with Casebook.open(path, KEY) as casebook:
        casebook.run("PRAGMA max_page_count = 1")
        with pytest.raises(DeskError, match="disk is full"):
            pin_all(casebook, (f"{number}" * 2_000 for number in range(100)))


def test_no_other_library_opens_it(path: Path) -> None:
    import sqlite3

    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT * FROM sqlite_schema").fetchall()
    assert sqlcipher3.sqlite_version_info >= (3, 37), "STRICT tables"
