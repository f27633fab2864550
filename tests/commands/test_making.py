"""`portal migrate` and `portal check` as deploy/install.sh uses them."""

from pathlib import Path

import pytest

from portal import cli
from portal.store import store

STATE = "--state"


@pytest.fixture
def state(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    assert cli.main(["init", STATE, str(tmp_path)]) == 0
    capfd.readouterr()
    return tmp_path


def test_tables_of_another_version_are_migrated(
    state: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A newer program finds the tables of an older one; that is what the command is there for."""
    monkeypatch.setattr(store, "SCHEMA_VERSION", "9999")
    assert cli.main(["check", STATE, str(state)]) == 1
    assert "The tables have version 0001, this portal needs 9999" in capfd.readouterr().err
    assert cli.main(["migrate", STATE, str(state)]) == 0
    assert "The tables are those of this version" in capfd.readouterr().out


def test_a_database_that_was_lost_is_not_made_anew(state: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (state / "portal.db").unlink()
    assert cli.main(["migrate", STATE, str(state)]) == 1
    assert capfd.readouterr().err.startswith("error: The database")
    assert not (state / "portal.db").exists()


def test_a_receipt_secret_is_not_made_beside_tables_of_another_version(
    state: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store, "SCHEMA_VERSION", "9999")
    (state / "receipt.secret").unlink()
    assert cli.main(["init", STATE, str(state)]) == 1
    assert "restore it from the backup" in capfd.readouterr().err
    assert not (state / "receipt.secret").exists()
