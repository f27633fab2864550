"""A portal's backup, on both databases: what is in it, what comes out, and what a broken one leaves."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from portal import backup, state
from portal.errors import PortalBackupError, PortevoixError, SettingsError, StoreError
from portal.limits import MIB
from portal.store import Store, copies, sqlite_url
from tests.store.helpers import add, answer, claim, content, identifier, ids

TODAY = date(2026, 11, 25)
LARGE = 3 * MIB + 17


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A portal's state folder, with an onion key."""
    folder = tmp_path / "portal"
    state.create(folder)
    (folder / "onion.key").write_text("an onion key\n")
    (folder / "keys").mkdir()
    (folder / "keys" / "police.pub").write_text("a key\n")
    return folder


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with items for one and two desks, replies, and a pack and bundles in its past."""
    add(store, 1)
    add(store, 2, ["police", "ecpat"], LARGE)
    add(store, 3, ["ecpat"])
    store.next_bundle_counter("police")
    store.apply_pack("police", 7, "2026-11-20", [claim(1)], [answer(1), answer(2, 2)], "2027-11")
    return store


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """The empty database of a new machine."""
    made = Store(sqlite_url(tmp_path / "other.db"))
    made.create()
    yield made
    made.close()


def written(store: Store, folder: Path) -> bytes:
    return b"".join(backup.Writer(store, folder, folder / "keys", TODAY).pieces())


def rows(store: Store) -> tuple[object, ...]:
    """All that a backup must bring back, but for the counter of bundles."""
    desks = [(row.desk, row.pack, row.day, row.taken) for row in store.copies.desks()]
    items = [item for page in store.copies.items() for item in page]
    read = [b"".join(store.read_item(item.id)) for item in items]
    return desks, items, read, [reply for page in store.copies.replies() for reply in page]


def test_everything_comes_back(filled: Store, other: Store, folder: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    copied = backup.restore(other, new, [written(filled, folder)])
    assert copied == backup.Copied("2026-11-25", 2, 2)
    assert rows(other) == rows(filled)
    assert b"".join(other.read_item(identifier(2))) == content(2, LARGE)
    for name in (*backup.FILES[1:], state.PUBLIC_KEY):
        assert (new / name).read_bytes() == (folder / name).read_bytes()
        assert (new / name).stat().st_mode & 0o077 == (0o044 if name == state.PUBLIC_KEY else 0)
    assert (new / "keys" / "police.pub").read_text() == "a key\n"
    assert state.load(new).receipt_secret == state.load(folder).receipt_secret


def test_what_it_exports_passes_for_new(filled: Store, other: Store, folder: Path, tmp_path: Path) -> None:
    """A desk has seen bundles that the backup does not know of."""
    data = written(filled, folder)
    later = [filled.next_bundle_counter("police") for _ in range(10)]
    backup.restore(other, tmp_path / "new", [data])
    assert other.next_bundle_counter("police") > max(later)


def test_many_pages(store: Store, other: Store, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "PAGE_ROWS", 2)
    for number in range(5):
        add(store, number)
    store.apply_pack("police", 1, "2026-11-20", [], [answer(number) for number in range(5)], "2027-11")
    backup.restore(other, tmp_path / "new", [written(store, folder)])
    assert rows(other) == rows(store)
    assert len(ids(other)) == 5


def test_an_item_that_goes_meanwhile(filled: Store, other: Store, folder: Path, tmp_path: Path) -> None:
    """A desk's pack takes an item away after its page was written, and before the item is."""
    pieces = []
    for piece in backup.Writer(filled, folder, folder / "keys", TODAY).pieces():
        pieces.append(piece)
        if b'"items":[{' in piece:
            filled.apply_pack("ecpat", 1, "2026-11-25", [claim(3)], [], "2027-11")
    assert backup.restore(other, tmp_path / "new", pieces).items == 1
    assert ids(other, "ecpat") == [identifier(2)]


def test_a_store_that_fails_makes_no_backup(filled: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(item_id: bytes) -> Iterator[bytes]:
        raise StoreError("The database does not answer.")
        yield b""

    monkeypatch.setattr(filled, "read_item", fail)
    with pytest.raises(StoreError, match="does not answer"):
        written(filled, folder)


def test_memory_does_not_grow(folder: Path, store: Store) -> None:
    """No piece is larger than a chunk, however large the item."""
    add(store, 1, size=LARGE)
    assert max(map(len, backup.Writer(store, folder, folder / "keys", TODAY).pieces())) <= MIB


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_cut_short(filled: Store, other: Store, folder: Path, tmp_path: Path, share: float) -> None:
    """Nothing that could be served is made; the whole backup then goes on where it stopped."""
    data = written(filled, folder)
    new = tmp_path / "new"
    with pytest.raises(PortalBackupError, match="no portal was made"):
        backup.restore(other, new, [data[: int(len(data) * share)]])
    with pytest.raises(SettingsError, match="is missing"):
        state.load(new)
    backup.restore(other, new, [data])
    assert rows(other) == rows(filled)


def broken(step: int, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Break `work` off at its database transaction or file number `step`; whether it came so far."""
    left = step

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def run(*values: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return function(*values, **named)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_write", counted(Store._write))
        patch.setattr(backup.files, "write", counted(backup.files.write))
        try:
            work()
        except KeyboardInterrupt:
            return True
    return False


def test_broken_off_anywhere(filled: Store, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(filled, folder)
    step = 0
    more = True
    while more:
        new = tmp_path / f"new-{step}"
        other = Store(sqlite_url(tmp_path / f"{step}.db"))
        other.create()
        more = broken(step, lambda new=new, other=other: backup.restore(other, new, [data]), monkeypatch)  # type: ignore[misc]
        if more and (new / state.RECEIPT_SECRET).exists():
            assert rows(other) == rows(filled)
        elif more:
            backup.restore(other, new, [data])
        assert rows(other) == rows(filled)
        state.load(new)
        other.close()
        step += 1
    assert step > 8


def test_a_portal_is_not_overwritten(filled: Store, other: Store, folder: Path) -> None:
    with pytest.raises(PortalBackupError, match="holds a portal already"):
        backup.restore(other, folder, [written(filled, folder)])
    assert ids(other) == []


HOSTILE = {
    "a path": (b'"police.pub"', b'"../p/x.pub"'),
    "a file that a portal does not have": (b'"onion.key"', b'"xnion.key"'),
    "another format": (b"portevoix/backup/1", b"portevoix/backup/2"),
    "a desk that is no name": (b'"desk":"police"', b'"desk":"POLICE"'),
}


@pytest.mark.parametrize(("old", "new"), HOSTILE.values(), ids=HOSTILE)
def test_hostile(filled: Store, other: Store, folder: Path, tmp_path: Path, old: bytes, new: bytes) -> None:
    data = written(filled, folder)
    assert data.count(old) == 1
    assert len(old) == len(new)
    with pytest.raises(PortalBackupError):
        backup.restore(other, tmp_path / "new", [data.replace(old, new)])
    assert not (tmp_path / "new" / state.RECEIPT_SECRET).exists()
    assert not (tmp_path / "p").exists()


def test_what_follows_the_end(filled: Store, other: Store, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(PortalBackupError, match="something follows its end"):
        backup.restore(other, tmp_path / "new", [written(filled, folder), bytes(512)])
    assert not (tmp_path / "new" / state.RECEIPT_SECRET).exists()


def test_every_byte_counts(store: Store, folder: Path, tmp_path: Path) -> None:
    """The archive itself has no check sum, the age file around it has; no byte of a header may be changed unseen."""
    data = written(store, folder)
    for place in range(0, 512):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(PortevoixError):
            backup.restore(store, tmp_path / "new", [changed])
