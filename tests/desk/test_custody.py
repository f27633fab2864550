"""The chain of custody: what is changed, left out, put in or cut off is found; a purge alone may empty entries."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import minisign
import pytest

from portal.desk import custody
from portal.desk.casebook import Casebook
from portal.desk.custody import Head
from portal.desk.keyring import Keyring
from portal.desk.session import Desk
from portal.errors import CustodyError, DeskError
from portal.kdf import sha256
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft

AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)


class Ring:
    """A keyring as far as the log needs one."""

    def __init__(self, person: str = "ana") -> None:
        self.person = person
        self.signing_key = minisign.KeyPair.generate().secret_key

    @property
    def verify_key(self) -> minisign.PublicKey:
        return minisign.PublicKey.from_secret_key(self.signing_key)


def append(desk: Desk, ring: Ring | Keyring, act: custody.Act, case: str = "", **details: object) -> None:
    row = desk.casebook.one("SELECT id FROM cases WHERE name = ?", case)
    with desk.casebook.transaction():
        custody.append(desk.casebook, ring, AT, act, (row[0], case) if row else None, details)  # type: ignore[arg-type]


@pytest.fixture
def filled(desk: Desk, portal: PlayedPortal, importing: Import) -> Desk:
    """A desk with a log of two cases."""
    for text in ("one", "two"):
        portal.file(draft(text))
    importing(portal.export())
    append(desk, desk.keyring, "noted", "2026-0001", text="a note")
    append(desk, desk.keyring, "noted", "2026-0002", text="another note")
    append(desk, desk.keyring, "settings-changed", key="x")
    return desk


def check(desk: Desk) -> int:
    return custody.check(desk.casebook, [desk.keyring.verify_key])


def test_a_whole_chain(filled: Desk) -> None:
    records = list(custody.records(filled.casebook))
    assert check(filled) == len(records) == custody.head(filled.casebook).number
    assert [record.entry.number for record in records] == list(range(1, len(records) + 1))
    assert [record.details for record in custody.records(filled.casebook, "2026-0001")][-1] == {"text": "a note"}
    assert records[-1].entry.person == "default"


@pytest.mark.parametrize(
    ("table", "column"),
    [("log", "entry"), ("log", "signature"), ("log_details", "salt"), ("log_details", "details")],
)
def test_every_byte_flipped(filled: Desk, table: str, column: str) -> None:
    casebook = filled.casebook
    number = check(filled) - 1
    (value,) = casebook.one(f"SELECT CAST({column} AS BLOB) FROM {table} WHERE number = ?", number)
    kind = "TEXT" if column == "details" else "BLOB"
    for place in range(len(value)):
        changed = bytearray(value)
        changed[place] ^= 0x01
        casebook.run(f"UPDATE {table} SET {column} = CAST(? AS {kind}) WHERE number = ?", bytes(changed), number)
        with pytest.raises(CustodyError):
            check(filled)
    casebook.run(f"UPDATE {table} SET {column} = CAST(? AS {kind}) WHERE number = ?", value, number)
    assert check(filled)


def remove(casebook: Casebook) -> None:
    casebook.run("DELETE FROM log_details WHERE number = 2")
    casebook.run("DELETE FROM log WHERE number = 2")


def remove_and_close_the_gap(casebook: Casebook) -> None:
    remove(casebook)
    for table in ("log", "log_details"):
        casebook.run(f"UPDATE {table} SET number = number - 1 WHERE number > 2")


def swap(casebook: Casebook) -> None:
    for table in ("log", "log_details"):
        for old, new in ((2, 1000), (3, 2), (1000, 3)):
            casebook.run(f"UPDATE {table} SET number = ? WHERE number = ?", new, old)


def insert_a_copy(casebook: Casebook) -> None:
    (last,) = casebook.one("SELECT max(number) FROM log")
    casebook.run("INSERT INTO log SELECT ?, entry, signature FROM log WHERE number = 2", last + 1)


def swap_details(casebook: Casebook) -> None:
    for old, new in ((2, 1000), (3, 2), (1000, 3)):
        casebook.run("UPDATE log_details SET number = ? WHERE number = ?", new, old)


def cut_off_the_entries_alone(casebook: Casebook) -> None:
    casebook.run("DELETE FROM log WHERE number = (SELECT max(number) FROM log)")


def delete_what_an_entry_of_no_case_says(casebook: Casebook) -> None:
    casebook.run("DELETE FROM log_details WHERE number = (SELECT max(number) FROM log)")


def delete_what_an_entry_of_a_case_says(casebook: Casebook) -> None:
    casebook.run("DELETE FROM log_details WHERE case_id = 1")


def hang_it_on_another_case(casebook: Casebook) -> None:
    casebook.run("UPDATE log_details SET case_id = 2 WHERE case_id = 1")


def forget_the_keys(casebook: Casebook) -> None:
    casebook.run("DELETE FROM signing_keys")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove, "Entry 2 of the log is missing"),
        (remove_and_close_the_gap, "Entry 2 of the log is missing"),
        (swap, "Entry 2 of the log is missing"),
        (insert_a_copy, "is missing"),
        (swap_details, "What entry 2 of the log says was changed"),
        (cut_off_the_entries_alone, "has been cut short"),
        (delete_what_an_entry_of_no_case_says, "though it is of no case"),
        (delete_what_an_entry_of_a_case_says, "though its case was not purged"),
        (hang_it_on_another_case, "hangs on another case"),
        (forget_the_keys, "not signed by a key of this desk"),
    ],
)
def test_what_is_done_to_the_chain(filled: Desk, change: Callable[[Casebook], None], said: str) -> None:
    filled.casebook.run("PRAGMA foreign_keys = OFF")
    change(filled.casebook)
    with pytest.raises(CustodyError, match=said):
        check(filled)


def test_an_entry_that_was_signed_anew_does_not_fit(filled: Desk) -> None:
    """Who has the key can sign another entry 2, but then entry 3 does not follow it."""
    key = filled.keyring.signing_key
    (data,) = filled.casebook.one("SELECT entry FROM log WHERE number = 2")
    changed = data.replace(b'"default"', b'"another"')
    signature = bytes(key.sign(changed, untrusted_comment="portevoix", trusted_comment="portevoix log 2"))
    filled.casebook.run("UPDATE log SET entry = ?, signature = ? WHERE number = 2", changed, signature)
    with pytest.raises(CustodyError, match="Entry 3 of the log does not follow"):
        check(filled)


def test_the_head_proves_that_nothing_was_cut_off(filled: Desk) -> None:
    casebook = filled.casebook
    written = custody.head(casebook)
    assert written == Head.parse(str(written))
    custody.check_head(casebook, written)
    append(filled, filled.keyring, "noted", "2026-0001", text="later")
    custody.check_head(casebook, written)
    for table in ("log_details", "log"):
        casebook.run(f"DELETE FROM {table} WHERE number >= ?", written.number)
    assert check(filled) == written.number - 1, "the chain alone does not show it"
    with pytest.raises(CustodyError, match="cut short"):
        custody.check_head(casebook, written)
    append(filled, filled.keyring, "noted", "2026-0001", text="another history")
    with pytest.raises(CustodyError, match="not the one whose hash"):
        custody.check_head(casebook, written)


def test_a_head_of_an_empty_log(desk: Desk) -> None:
    custody.check_head(desk.casebook, Head(0, bytes(32)))
    with pytest.raises(CustodyError):
        custody.check_head(desk.casebook, Head(0, sha256(b"")))


@pytest.mark.parametrize("text", ["", "1", "1:", ":" + "0" * 64, "1:" + "0" * 63, "x:" + "0" * 64, "-1:" + "0" * 64])
def test_what_is_no_head(text: str) -> None:
    with pytest.raises(DeskError, match="NUMBER:HASH"):
        Head.parse(text)


def rotated(desk: Desk, old: Ring, new: Ring) -> None:
    append(desk, old, "key-rotated", key=new.verify_key.to_base64().decode())


def test_keys_that_the_chain_brings_in(desk: Desk) -> None:
    first, second, third = Ring(), Ring("ben"), Ring()
    append(desk, first, "noted", said="1")
    rotated(desk, first, second)
    append(desk, second, "noted", said="2")
    rotated(desk, second, third)
    append(desk, third, "noted", said="3")
    proved = custody.prove(desk.casebook, [third.verify_key])
    assert (proved.entries, proved.keys) == (5, [first.verify_key, second.verify_key, third.verify_key])
    for not_the_last in (first, second):
        with pytest.raises(CustodyError, match="does not end with the key"):
            custody.check(desk.casebook, [not_the_last.verify_key])


def test_a_rotation_that_was_broken_off(desk: Desk) -> None:
    """Until the new key has signed, the old one still may: a crash lies between the decision and the keyring."""
    old, never_used, new = Ring(), Ring(), Ring()
    append(desk, old, "noted", said="1")
    rotated(desk, old, never_used)
    assert custody.check(desk.casebook, [old.verify_key]) == 2
    assert custody.check(desk.casebook, [never_used.verify_key]) == 2
    append(desk, old, "noted", said="2")
    rotated(desk, old, new)
    append(desk, new, "noted", said="3")
    assert custody.check(desk.casebook, [new.verify_key]) == 5
    append(desk, old, "noted", said="4")
    with pytest.raises(CustodyError, match="Entry 6 of the log is not signed"):
        custody.check(desk.casebook, [new.verify_key])


def test_a_key_that_only_the_table_knows(desk: Desk) -> None:
    old, other = Ring(), Ring()
    append(desk, old, "noted", said="1")
    append(desk, other, "noted", said="2")
    assert desk.casebook.one("SELECT count(*) FROM signing_keys") == (2,)
    for keys in ([old.verify_key], [other.verify_key], [old.verify_key, other.verify_key]):
        with pytest.raises(CustodyError, match="Entry 2 of the log is not signed"):
            custody.check(desk.casebook, keys)


def test_a_whole_chain_under_another_key(filled: Desk) -> None:
    """Somebody writes the log anew, whole and signed, with a key of their own."""
    forger = Ring("default")
    said = [(record.entry, record.details or {}) for record in custody.records(filled.casebook)]
    for table in ("log_details", "log", "signing_keys"):
        filled.casebook.run(f"DELETE FROM {table}")
    for entry, details in said:
        append(filled, forger, entry.act, entry.case, **details)
    assert custody.check(filled.casebook, [forger.verify_key]) == len(said)
    with pytest.raises(CustodyError, match="does not end with the key of this desk"):
        check(filled)


@pytest.mark.parametrize("details", [{}, {"key": 1}, {"key": "none"}, []])
def test_a_rotation_to_no_key(desk: Desk, details: object) -> None:
    ring = Ring()
    with desk.casebook.transaction():
        custody.append(desk.casebook, ring, AT, "key-rotated", None, details)  # type: ignore[arg-type]
    with pytest.raises(CustodyError, match="brings in a key that is none"):
        custody.check(desk.casebook, [ring.verify_key])


def test_what_an_entry_is(filled: Desk) -> None:
    (data, signature) = filled.casebook.one("SELECT entry, signature FROM log WHERE number = 1")
    assert set(json.loads(data)) == {"format", "number", "at", "person", "act", "case", "details", "previous"}
    assert json.loads(data)["previous"] == "00" * 32
    filled.keyring.verify_key.verify(data, minisign.Signature.from_bytes(signature))
    assert signature.startswith(b"untrusted comment: portevoix\n")
