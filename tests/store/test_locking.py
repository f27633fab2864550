"""One portal, one state folder."""

from pathlib import Path

import pytest

from portal.errors import StoreInUse, StoreUnavailable
from portal.store import lock_state
from tests.store.helpers import line, process


def test_a_second_portal_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    with lock_state(tmp_path), pytest.raises(StoreInUse, match="stop it first"), lock_state(tmp_path):
        pytest.fail("Two portals serve one folder.")
    with lock_state(tmp_path):
        pass


def test_the_folder_is_free_when_its_portal_is_killed(tmp_path: Path) -> None:
    with process("lock", str(tmp_path)) as started:
        assert line(started) == "held"
        with pytest.raises(StoreInUse), lock_state(tmp_path):
            pytest.fail("Two portals serve one folder.")
        started.kill()
        started.wait()
        with lock_state(tmp_path):
            pass


def test_two_folders_are_two_portals(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with lock_state(tmp_path), lock_state(other):
        pass


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="state folder"), lock_state(tmp_path / "missing"):
        pytest.fail("A missing folder was locked.")
