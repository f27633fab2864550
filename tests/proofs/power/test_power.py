"""A short record, and a database and a rewrite that do not wait for the disk, which are caught."""

import pytest

from tests.proofs.power import Folder, expected, trial, unsynced
from tests.proofs.power.recording import Said, Truncate, Unlink, Write


def test_files_are_as_their_operations_make_them() -> None:
    folder = Folder({"a": b"0123456789"})
    for operation in (Write("a", 8, b"xyz"), Truncate("a", 12), Write("b", 2, b"!"), Unlink("c")):
        folder.do(operation)
    assert folder.files == {"a": b"01234567xyz\x00", "b": b"\x00\x00!"}
    folder.do(Unlink("b"))
    folder.do(Truncate("a", 1))
    assert folder.files == {"a": b"0"}


def test_what_was_said_is_expected() -> None:
    said = [Said("stored 1"), Said("stored 2"), Said("removing 1")]
    assert expected(said) == ({2}, set())
    assert expected([*said, Said("removed 1")]) == ({2}, {1})


@pytest.mark.e2e
class TestTrial:
    def test_nothing_is_lost(self) -> None:
        tried, wrong = trial(4, seed=1, one_in=5)
        assert wrong == []
        assert tried > 20

    def test_a_database_that_does_not_wait_for_the_disk_is_caught(self) -> None:
        _, wrong = trial(2, seed=1, fault="hasty")
        assert any("lost" in one or "Error" in one or "Unavailable" in one for one in wrong)

    def test_a_rewrite_that_does_not_wait_for_the_disk_is_caught(self) -> None:
        _, wrong = trial(4, seed=1, one_in=5, fault="hasty-rewrite")
        assert wrong

    def test_a_rewrite_has_ended_when_all_is_on_the_disk(self) -> None:
        assert unsynced() == []
        assert unsynced("tests.planted.hasty_vacuum", "counts") != []
