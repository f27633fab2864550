"""`desk verify`: one byte changed anywhere is found, nothing is written, and the first broken link is named."""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import cases, custody, session
from portal.desk.casebook import Casebook
from portal.desk.custody import Head
from portal.desk.importing import import_bundle
from portal.desk.keyring import Keyring
from portal.desk.portals import Trust
from portal.desk.purging import purge
from portal.desk.referring.acting import Wish, refer
from portal.desk.session import Desk
from portal.desk.verifying import Whole, verify
from portal.errors import CustodyError, DeskError
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft

REFERRALS = "referrals"
PAGE = 4096


@dataclass(frozen=True)
class Filled:
    """A closed desk with cases, an item in quarantine, a referral, free pages and a purged case."""

    root: Path
    ring: Keyring

    def verify(self, head: Head | None = None, referrals: list[Path] | None = None) -> Whole:
        return verify(session.find(self.root), self.ring, head, referrals or [])

    def open(self) -> Casebook:
        return Casebook.open(self.root / "casebook.db", self.ring.casebook_key)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, new_desk: Path, channels: dict[str, Channel]) -> Filled:
    folder = tmp_path_factory.mktemp("verified")
    root = Path(shutil.copytree(new_desk, folder / "desk"))
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        portal = PlayedPortal([desk.keyring.recipient], folder)
        for number in range(6):
            portal.file(draft(f"report {number} " + "words " * 1_000))
        portal.put(portal.file(draft(channel="travel", answers={"nobody": "asked"})))
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        refer(desk, case(desk, 1), folder / REFERRALS, Wish(formats=("json", "urls")), channels)
        purge(desk, [case(desk, 2)], channels)
        with desk.casebook.transaction():
            desk.casebook.run("CREATE TABLE filler (content BLOB)")
            desk.casebook.run("INSERT INTO filler VALUES (zeroblob(200000))")
        with desk.casebook.transaction():
            desk.casebook.run("DROP TABLE filler")
        assert desk.casebook.one("PRAGMA freelist_count")[0] > 40
        ring = desk.keyring
    return Filled(root, ring)


def case(desk: Desk, number: int) -> cases.Case:
    return cases.find(desk.casebook, f"2026-{number:04}")


@pytest.fixture
def filled(made: Filled, tmp_path: Path) -> Filled:
    """A copy of one's own."""
    shutil.copytree(made.root.with_name(REFERRALS), tmp_path / REFERRALS)
    return Filled(Path(shutil.copytree(made.root, tmp_path / "copy")), made.ring)


def test_a_whole_desk(filled: Filled) -> None:
    whole = filled.verify(referrals=[filled.root.with_name(REFERRALS)])
    assert (whole.items, whole.quarantined, whole.referrals, whole.purged) == (5, 1, 1, 1)
    assert whole.pages == (filled.root / "casebook.db").stat().st_size // PAGE
    assert filled.verify(head=whole.head) == whole


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in [root, *root.rglob("*")]
    }


def test_nothing_is_written(filled: Filled) -> None:
    before = snapshot(filled.root)
    filled.verify()
    assert snapshot(filled.root) == before


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_copy_on_a_read_only_medium(filled: Filled, passphrase_file: Path) -> None:
    """Mounted read-only, so that not even root could write."""
    command = [sys.executable, "-m", "portal.desk.cli", "verify", str(filled.root)]
    command += ["--passphrase-file", str(passphrase_file)]
    mount = (
        'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! touch "$1/x" 2>/dev/null && shift && exec "$@"'
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", str(filled.root), *command], capture_output=True, text=True
    )
    if "Operation not permitted" in done.stderr or "unshare failed" in done.stderr:
        pytest.skip("this machine lets nobody mount")
    assert (done.returncode, done.stdout.splitlines()[:1]) == (0, ["Whole: nothing was changed."]), done.stderr


def flips(path: Path, count: int, seed: int) -> Iterator[int]:
    """Change one byte at random places of a file, one after the other; the first and last are among them."""
    chance, size = random.Random(seed), path.stat().st_size
    places = {0, 15, 16, size - 1, *(chance.randrange(size) for _ in range(count))}
    with path.open("r+b", buffering=0) as file:
        for place in sorted(places):
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ (1 << chance.randrange(8))]))
            yield place
            file.seek(place)
            file.write(byte)


def test_one_byte_changed_anywhere_in_the_casebook(filled: Filled) -> None:
    """Every page once at least, free ones too, and some hundred places over the whole file."""
    path = filled.root / "casebook.db"
    pages = set()
    for place in flips(path, 600, seed=9):
        with pytest.raises(CustodyError, match="casebook"):
            filled.verify()
        pages.add(place // PAGE)
    assert len(pages) > 0.9 * path.stat().st_size / PAGE
    filled.verify()


@pytest.mark.parametrize("place", [*range(0, 4), 2000, 4015, 4016, 4031, 4032, 4095])
def test_every_part_of_a_page(filled: Filled, place: int) -> None:
    """Content, initialisation vector (16 bytes) and HMAC (64 bytes) of every page."""
    path = filled.root / "casebook.db"
    data = bytearray(path.read_bytes())
    for start in range(PAGE, len(data), PAGE):
        data[start + place] ^= 0x80
        path.write_bytes(data)
        with pytest.raises(CustodyError, match="casebook"):
            filled.verify()
        data[start + place] ^= 0x80


@pytest.mark.parametrize("change", [lambda data: data[:-PAGE], lambda data: data[:-1], lambda data: data + bytes(PAGE)])
def test_a_casebook_of_another_length(filled: Filled, change: Callable[[bytes], bytes]) -> None:
    path = filled.root / "casebook.db"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(CustodyError, match="casebook"):
        filled.verify()


def test_pages_that_change_places(filled: Filled) -> None:
    path = filled.root / "casebook.db"
    data = bytearray(path.read_bytes())
    data[PAGE : 2 * PAGE], data[2 * PAGE : 3 * PAGE] = data[2 * PAGE : 3 * PAGE], data[PAGE : 2 * PAGE]
    path.write_bytes(data)
    with pytest.raises(CustodyError, match="casebook"):
        filled.verify()


@pytest.mark.parametrize("folder", ["sealed", "quarantine"])
def test_one_byte_changed_in_a_sealed_item(filled: Filled, folder: str) -> None:
    for seed, path in enumerate(sorted((filled.root / folder).iterdir())):
        for _ in flips(path, 6, seed):
            with pytest.raises(CustodyError, match=path.name):
                filled.verify()


def remove_an_item(filled: Filled) -> None:
    sorted((filled.root / "sealed").iterdir())[0].unlink()


def remove_from_quarantine(filled: Filled) -> None:
    next((filled.root / "quarantine").iterdir()).unlink()


def add_an_item(filled: Filled) -> None:
    (filled.root / "sealed" / f"{'0' * 64}.age").write_bytes(b"x")


def add_to_quarantine(filled: Filled) -> None:
    (filled.root / "quarantine" / "letter.txt").write_bytes(b"x")


def change_rows(sql: str) -> Callable[[Filled], None]:
    def change(filled: Filled) -> None:
        with filled.open() as casebook:
            casebook.run("PRAGMA foreign_keys = OFF")
            casebook.run(sql)

    return change


def other_item(filled: Filled) -> None:
    """An item is replaced, and the casebook made to fit."""
    path = sorted((filled.root / "sealed").iterdir())[0]
    path.write_bytes(b"another")
    sha256 = "d7e6f6b3a9b1ec9bb0d0d1aa1a8df2fa8dd5a2a6e4d2cd1ab7dd19b1bdb7b2a0"
    path.rename(path.with_name(f"{sha256}.age"))
    change_rows(f"UPDATE messages SET sha256 = x'{sha256}' WHERE sha256 = x'{path.stem}'")(filled)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove_an_item, "is missing"),
        (remove_from_quarantine, "is missing"),
        (add_an_item, "Nobody knows"),
        (add_to_quarantine, "Nobody knows"),
        (other_item, "an item that the casebook does not have"),
        (change_rows("DELETE FROM messages WHERE id = 1"), "does not have any more"),
        (change_rows("DELETE FROM quarantine"), "not there any more"),
        (change_rows("UPDATE quarantine SET sha256 = zeroblob(32)"), "of which the log says nothing"),
        (change_rows("DELETE FROM referrals"), "is missing in the casebook"),
        (change_rows("UPDATE referrals SET manifest = CAST(manifest || x'20' AS BLOB)"), "another SHA-256"),
        (change_rows("UPDATE referrals SET sha256 = zeroblob(32)"), "another SHA-256"),
        (change_rows("UPDATE referrals SET signature = x'20'"), "signature"),
        (change_rows("UPDATE referrals SET case_id = 3"), "not the one that the log speaks of"),
        (change_rows("UPDATE messages SET case_id = 99 WHERE id = 1"), "belongs to nothing"),
        (change_rows("DELETE FROM log_details WHERE case_id = 1"), "was deleted"),
        (change_rows("DELETE FROM log WHERE number IN (SELECT number FROM log_details)"), "belongs to nothing"),
    ],
)
def test_what_else_is_found(filled: Filled, change: Callable[[Filled], None], said: str) -> None:
    change(filled)
    with pytest.raises(CustodyError, match=said):
        filled.verify()


def test_an_item_that_replaced_another_and_nobody_brought(filled: Filled) -> None:
    with filled.open() as casebook:
        casebook.run(
            "INSERT INTO messages (case_id, portal, item, sha256, kind, received, report)"
            " SELECT case_id, portal, zeroblob(32), zeroblob(32), kind, received, report FROM messages LIMIT 1"
        )
    with pytest.raises(CustodyError, match="no entry of the log brought in"):
        filled.verify()


def test_files_of_a_referral(filled: Filled) -> None:
    folder = filled.root.with_name(REFERRALS)
    for name in ("referral.json", "urls.csv"):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data + b"\n")
        with pytest.raises(CustodyError, match=name):
            filled.verify(referrals=[folder])
        (folder / name).write_bytes(data)
    (folder / "urls.csv").rename(folder / "urls")
    with pytest.raises(CustodyError, match="is missing"):
        filled.verify(referrals=[folder])
    with (folder / "manifest.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(CustodyError, match="not the manifest of a referral"):
        filled.verify(referrals=[folder.parent])
    with pytest.raises(CustodyError, match="no referral in"):
        filled.verify(referrals=[filled.root / "public"])


def test_a_log_that_was_cut_off(filled: Filled) -> None:
    head = filled.verify().head
    with filled.open() as casebook:
        for table in ("log_details", "log"):
            casebook.run(f"DELETE FROM {table} WHERE number = ?", head.number)
    with pytest.raises(CustodyError):
        filled.verify(head=head)


def test_what_still_lies_in_the_write_ahead_log(filled: Filled, tmp_path: Path) -> None:
    """A desk that is copied while it is open: the copy is checked with all that was written."""
    copy = Filled(tmp_path / "second", filled.ring)
    with session.open_desk(filled.root, PASSPHRASE, writing=True) as desk:
        for number in range(5):
            with desk.casebook.transaction():
                desk.record("settings-changed", key=f"{number}")
        head = custody.head(desk.casebook)
        shutil.copytree(filled.root, copy.root)
        assert filled.verify().head == head
    log = copy.root / "casebook.db-wal"
    assert log.stat().st_size > PAGE
    before = snapshot(copy.root)
    assert copy.verify(head=head).head == head
    assert snapshot(copy.root) == before
    for _ in flips(log, 60, seed=4):
        with pytest.raises(CustodyError, match="casebook"):
            copy.verify()
    log.write_bytes(b"")
    with pytest.raises(CustodyError, match="cut short"):
        copy.verify(head=head)


def test_a_desk_that_changes_meanwhile(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    def change_and_fail(*_: object) -> int:
        with filled.open() as casebook:
            casebook.run("UPDATE portals SET pack = pack + 1")
        raise CustodyError("an item is missing")

    monkeypatch.setattr("portal.desk.proving.check_items", change_and_fail)
    with pytest.raises(DeskError, match="Somebody worked at this desk"):
        filled.verify()


def test_another_schema_is_left_alone(filled: Filled) -> None:
    with filled.open() as casebook:
        casebook.run("PRAGMA user_version = 1")
    before = snapshot(filled.root)
    with pytest.raises(DeskError, match="another version"):
        filled.verify()
    assert snapshot(filled.root) == before


def test_the_keyring_of_another_desk(filled: Filled, tmp_path: Path) -> None:
    other = session.make(tmp_path / "other", "police", PASSPHRASE, work_factor=1)
    with pytest.raises(CustodyError, match="cannot be read with the key"):
        verify(session.find(filled.root), other)
