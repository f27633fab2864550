"""A purge: what was there is gone from every page of the casebook, and what must stay stays."""

import hashlib
import hmac
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from portal.channels import Channel, load
from portal.desk import cases, custody, holding, purging, session, verifying
from portal.desk.cases import Case
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.referring.acting import Wish, refer
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.receipt import ThreadKeys
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import TRAVEL, PlayedPortal, draft, reporter
from tests.desk.test_crash import killed_at

PAGE, RESERVE, SALT, MAC = 4096, 80, 16, 64
CANARIES = ("narrative", "answer", "contact", "filename", "note", "tag", "reply", "log", "hold")
WORDS = {place: f"kanari{place}qx" for place in CANARIES}
KEPT = "what another reporter wrote"


@pytest.fixture
def keys() -> ThreadKeys:
    return reporter()


@pytest.fixture
def bundle(portal: PlayedPortal, keys: ThreadKeys) -> Path:
    """One report full of canaries, and others."""
    answers = {**TRAVEL, "place_name": WORDS["answer"], "contact": "details", "contact_name": WORDS["contact"]}
    said = draft(WORDS["narrative"], channel="travel", answers=answers, files=[b"x"], name=WORDS["filename"])
    portal.file(said, keys, [b"x"])
    for number in range(12):
        portal.file(draft(f"{KEPT} {number}"))
    return portal.export()


def fill(desk: Desk, portal: PlayedPortal, bundle: Path, channels: dict[str, Channel], folder: Path) -> Case:
    """Import the bundle, and leave a canary in every place that a case has."""
    import_bundle(desk, bundle, channels, Trust(portal.keys.public_key))
    (case,) = [case for case in cases.listed(desk.casebook) if case.channel == "travel"]
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT INTO notes (case_id, person, at, text) VALUES (?, 'ana', '2026-11-25T00:00:00Z', ?)",
            *(case.id, WORDS["note"]),
        )
        desk.casebook.run("INSERT INTO tags VALUES (?, ?)", case.id, WORDS["tag"])
        desk.record("noted", case, text=WORDS["log"])
    reply(desk, case, "under-review", WORDS["reply"], ["police"], desk.today)
    refer(desk, case, folder / "referral", Wish(formats=("json",)), channels)
    holding.hold(desk, case, WORDS["hold"])
    return case


def plain_pages(data: bytes, key: bytes, salt: bytes, *, log: bool = False) -> Iterator[tuple[bool, bytes]]:
    """Whether each page's HMAC is right, and the page in clear (SQLCipher 4: AES-256-CBC, HMAC-SHA-512)."""
    mac_key = hashlib.pbkdf2_hmac("sha512", key, bytes(byte ^ 0x3A for byte in salt), 2, 32)
    if log:  # https://www.sqlite.org/fileformat2.html#the_write_ahead_log: 32 bytes, then frames of 24 and a page
        frames = range(32, len(data) - 24 - PAGE + 1, 24 + PAGE)
        found = [(int.from_bytes(data[at : at + 4], "big"), data[at + 24 : at + 24 + PAGE]) for at in frames]
    else:
        found = [(at // PAGE + 1, data[at : at + PAGE]) for at in range(0, len(data), PAGE)]
    for number, page in found:
        body = page[SALT:] if number == 1 else page
        sealed, vector, mac = body[:-RESERVE], body[-RESERVE:-MAC], body[-MAC:]
        right = hmac.new(mac_key, sealed + vector + number.to_bytes(4, "little"), "sha512").digest() == mac
        opened = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
        yield right, opened.update(sealed) + opened.finalize()


def everything(desk: Desk) -> list[bytes]:
    """Every page of the casebook and of its write-ahead log in clear, free ones too."""
    path, key = desk.folder.casebook, desk.keyring.casebook_key
    data, log = path.read_bytes(), path.with_name("casebook.db-wal").read_bytes()
    pages = [*plain_pages(data, key, data[:SALT]), *plain_pages(log, key, data[:SALT], log=True)]
    assert len(pages) > 30
    assert all(right for right, _ in pages)
    return [page.lower() for _, page in pages]


def left(desk: Desk) -> set[str]:
    """The places whose canary still lies anywhere."""
    pages = everything(desk)
    assert any(KEPT.encode() in page for page in pages), "the search finds nothing at all"
    return {place for place, word in WORDS.items() if any(word.encode() in page for page in pages)}


def test_nothing_of_it_is_left_on_any_page(
    desk: Desk, portal: PlayedPortal, bundle: Path, channels: dict[str, Channel], tmp_path: Path
) -> None:
    case = fill(desk, portal, bundle, channels, tmp_path)
    files = [desk.folder.sealed(message.sha256) for message in cases.messages(desk.casebook, case)]
    assert left(desk) == set(CANARIES)
    with pytest.raises(DeskError, match="held"):
        purging.purge(desk, [case], channels)
    assert all(path.exists() for path in files)
    holding.release(desk, case)
    purging.purge(desk, [case], channels)
    assert left(desk) == set()
    assert not any(path.exists() for path in files)
    assert verifying.verify(desk.folder, desk.keyring)
    said = [record.details for record in custody.records(desk.casebook, case.name)]
    assert None in said
    assert case.name not in [other.name for other in cases.listed(desk.casebook)]


def test_what_was_purged_does_not_come_back(
    desk: Desk, portal: PlayedPortal, bundle: Path, channels: dict[str, Channel], tmp_path: Path, keys: ThreadKeys
) -> None:
    case = fill(desk, portal, bundle, channels, tmp_path)
    holding.release(desk, case)
    purging.purge(desk, [case], channels)
    again = import_bundle(desk, bundle, channels, Trust())
    assert again.cases == []
    assert left(desk) == set()
    portal.file(draft("something new", channel="travel", kind="message"), keys)
    (name,) = import_bundle(desk, portal.export(), channels, Trust()).cases
    (earlier,) = desk.casebook.one("SELECT earlier FROM cases WHERE name = ?", name)
    assert (name != case.name, earlier) == (True, case.name)


NOT_OF_A_CASE: dict[str, set[str]] = {
    "of the desk": {"portals", "arrivals", "quarantine", "settings", "templates", "people", "rekeying", "visits"},
    "receivers": {"authorities"},
    "the log": {"log", "signing_keys"},
    "what a purge leaves": {"counted", "tombstones", "tombstone_key", "gone_items", "erasing"},
    "how new the rest is": {"kept", "backups"},
}


def test_every_table_with_something_of_a_case_is_reached(desk: Desk) -> None:
    """A new table refers to a case, directly or through others, or somebody has looked at it and named it above."""
    reached = {table for table, _ in purging.referring(desk.casebook)}
    tables = {name for (name,) in desk.casebook.all("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    others = {table for table in tables - reached if not table.startswith(("texts", "sqlite_"))}
    assert others == set().union(*NOT_OF_A_CASE.values())


def test_killed_at_any_step(root: Path, portal: PlayedPortal, bundle: Path, tmp_path: Path) -> None:
    """Whatever was done when the machine died: the desk is whole, and the same command ends it."""
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        case = fill(desk, portal, bundle, load(), tmp_path)
        holding.release(desk, case)
        before = len(cases.listed(desk.casebook))

    def purge(copy: Path) -> None:
        with session.open_desk(copy, PASSPHRASE, writing=True) as desk:
            chosen = [one for one in cases.listed(desk.casebook) if one.name == case.name]
            purging.purge(desk, chosen, load())

    step, more = 0, True
    while more:
        copy = Path(shutil.copytree(root, tmp_path / f"copy-{step}"))
        more = killed_at(step, lambda copy=copy: purge(copy))  # type: ignore[misc]
        with session.open_desk(copy, PASSPHRASE, writing=True) as desk:
            assert len(cases.listed(desk.casebook)) in (before, before - 1)
        purge(copy)
        with session.open_desk(copy, PASSPHRASE, writing=True) as desk:
            assert len(cases.listed(desk.casebook)) == before - 1
            assert left(desk) == set()
            assert verifying.verify(desk.folder, desk.keyring)
        shutil.rmtree(copy)
        step += 5
    assert step > 20
