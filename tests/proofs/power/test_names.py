"""What a disk could have kept of names and contents."""

from tests.proofs.power.names import Disk
from tests.proofs.power.recording import Append, Create, Link, MakeFolder, Operation, Rename, Sync, Unlink, Write

OLD = {"/p": None, "/p/a": b"old"}


def after(*operations: Operation) -> list[dict[str, bytes | None]]:
    disk = Disk({**OLD, "/sure": None}, "/sure")
    for operation in operations:
        disk.do(operation)
    return [{path: data for path, data in tree.items() if path != "/sure"} for tree in disk.states()]


def test_a_name_may_be_kept_without_its_content() -> None:
    states = after(Create("/p/.a"), Append("/p/.a", b"n"), Append("/p/.a", b"ew"), Rename("/p/.a", "/p/a"))
    for data in (b"old", b"new", b"", b"\0\0\0"):
        assert {"/p": None, "/p/a": data} in states


def test_content_that_was_synced_is_whole_and_its_name_may_be_the_old_one() -> None:
    states = after(Create("/p/.a"), Append("/p/.a", b"new"), Sync("/p/.a"), Rename("/p/.a", "/p/a"))
    assert {tree["/p/a"] for tree in states} == {b"old", b"new"}


def test_a_synced_folder_has_its_names() -> None:
    written = (Create("/p/.b"), Append("/p/.b", b"b"), Sync("/p/.b"), Link("/p/.b", "/p/b"), Unlink("/p/.b"))
    assert OLD in after(*written)
    assert after(*written, Sync("/p")) == [{**OLD, "/p/b": b"b"}]


def test_a_folder_that_was_lost_takes_its_files() -> None:
    made = (MakeFolder("/p/k"), Create("/p/k/c"), Sync("/p/k/c"), Sync("/p/k"))
    assert after(*made) == [OLD, *[{**OLD, "/p/k": None, "/p/k/c": b""}] * 3, OLD]
    assert after(*made, Sync("/p")) == [{**OLD, "/p/k": None, "/p/k/c": b""}]


def test_what_is_sure_is_kept_at_once() -> None:
    disk = Disk({"/sure": None}, "/sure")
    for operation in (Create("/sure/d"), Write("/sure/d", 2, b"!")):
        disk.do(operation)
        assert len(list(disk.states())) == 1
    assert next(disk.states()) == {"/sure": None, "/sure/d": b"\0\0!"}
