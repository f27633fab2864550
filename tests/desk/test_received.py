"""What came from another desk is proved again: its log, which item was which there, and which transfer brought it."""

from collections.abc import Callable

import minisign
import pytest

from portal.desk import cases, received, sealing_away
from portal.desk.authorities import Authority
from portal.desk.purging import purge
from portal.desk.session import Desk
from portal.desk.verifying import Whole, verify
from portal.errors import CustodyError
from tests.desk.two_desks import World

REST = "case_id, desk, name, day, sha256, manifest_key"


@pytest.fixture
def taken(world: World) -> World:
    """Both desks after a transfer."""
    world.take(world.hand_over()[1])
    return world


def proved(desk: Desk) -> Whole:
    return verify(desk.folder, desk.keyring)


def test_the_log_of_the_other_desk_is_proved(taken: World) -> None:
    (entries,) = taken.other.casebook.one("SELECT count(*) FROM received_log")
    assert entries > 2
    assert received.check(taken.other.casebook) == entries
    assert proved(taken.other).elsewhere == entries
    assert proved(taken.desk).elsewhere == 0


def test_so_is_what_a_later_transfer_brings(taken: World) -> None:
    before = received.check(taken.other.casebook)
    taken.say("And this.", kind="message")
    taken.take(taken.hand_over()[1])
    assert received.check(taken.other.casebook) > before


def test_what_is_known_of_the_way_here(taken: World) -> None:
    case = cases.find(taken.other.casebook, "2026-0002")
    assert [(one.desk, one.name) for one in received.came_from(taken.other.casebook, case)] == [("police", "2026-0001")]
    acts = [(desk, record.entry.act) for desk, record in received.log_elsewhere(taken.other.casebook, case)]
    assert acts[-1] == ("police", "imported")
    assert ("police", "replied") in acts
    assert received.came_from(taken.desk.casebook, taken.case) == []


def flip(column: str) -> str:
    """SQL that changes the last byte but one of a column in one row, as a blob or a text."""
    last = f"substr({column}, length({column}) - 2, 1)"
    other = f"CASE WHEN {last} = 'A' THEN 'B' ELSE 'A' END"
    return f"{column} = substr({column}, 1, length({column}) - 3) || {other} || substr({column}, -2)"


@pytest.mark.parametrize("column", ["signature", "key", "details"])
def test_a_changed_letter_is_found_in(taken: World, column: str) -> None:
    rows = taken.other.casebook.all("SELECT rowid, number FROM received_log")
    for row, number in rows:
        (whole,) = taken.other.casebook.one(f"SELECT {column} FROM received_log WHERE rowid = ?", row)
        taken.other.casebook.run(f"UPDATE received_log SET {flip(column)} WHERE rowid = ?", row)
        with pytest.raises(CustodyError, match=f"ntry {number} of the log of the desk police"):
            received.check(taken.other.casebook)
        taken.other.casebook.run(f"UPDATE received_log SET {column} = ? WHERE rowid = ?", whole, row)
    assert proved(taken.other)


@pytest.mark.parametrize("column", ["entry", "salt"])
def test_one_flipped_byte_is_found_wherever_it_is(taken: World, column: str) -> None:
    casebook = taken.other.casebook
    row, value = casebook.one(f"SELECT rowid, {column} FROM received_log ORDER BY number LIMIT 1")
    for place in range(len(value)):
        changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        casebook.run(f"UPDATE received_log SET {column} = ? WHERE rowid = ?", changed, row)
        with pytest.raises(CustodyError):
            received.check(casebook)
    casebook.run(f"UPDATE received_log SET {column} = ? WHERE rowid = ?", value, row)
    assert received.check(casebook)


def run(sql: str) -> Callable[[World], None]:
    return lambda world: world.other.casebook.run(sql) and None


def sign_anew(world: World) -> None:
    """Somebody with a key of their own writes another history."""
    casebook, keys = world.other.casebook, minisign.KeyPair.generate()
    number, entry = casebook.one("SELECT number, entry FROM received_log ORDER BY number LIMIT 1")
    changed = entry.replace(b'"person":"default"', b'"person":"mallory"')
    assert changed != entry
    comment = f"portevoix log {number}"
    signature = bytes(keys.secret_key.sign(changed, untrusted_comment="portevoix", trusted_comment=comment)).decode()
    key = keys.public_key.to_base64().decode()
    casebook.run(
        "UPDATE received_log SET entry = ?, signature = ?, key = ? WHERE number = ?", changed, signature, key, number
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (run("DELETE FROM received_log WHERE number = (SELECT max(number) FROM received_log)"), "not whole"),
        (run("DELETE FROM received_log"), "not whole"),
        (run("UPDATE received_log SET number = number + 100"), "is not signed"),
        (run("UPDATE received_log SET transfer = randomblob(16)"), "another number or case"),
        (run("UPDATE received_log SET salt = NULL"), "by halves"),
        (run("UPDATE received_log SET salt = NULL, details = NULL"), "not whole"),
        (run("UPDATE received SET name = '2026-0077'"), "another number or case"),
        (run("UPDATE received SET desk = 'ecpat'"), "not what the log says"),
        (run("UPDATE received SET sha256 = randomblob(32)"), "not what the log says"),
        (run("UPDATE received SET manifest_key = 'RWQ'"), "not what the log says"),
        (run(f"INSERT INTO received SELECT randomblob(16), {REST} FROM received"), "says nothing"),
        (run("UPDATE received_items SET original = randomblob(32)"), "Which sealed item"),
        (run("DELETE FROM received_items"), "Which sealed item"),
        (sign_anew, "not whole"),
    ],
)  # fmt: skip
def test_what_else_is_found(taken: World, change: Callable[[World], None], said: str) -> None:
    change(taken)
    with pytest.raises(CustodyError, match=said):
        proved(taken.other)


def test_after_an_attachment_was_sealed_away_it_still_holds(taken: World) -> None:
    case = cases.find(taken.other.casebook, "2026-0002")
    to = Authority("police", "Police", police=True, recipient=str(taken.desk.keyring.recipient))
    sealing_away.seal_away(taken.other, case, 1, to, taken.folder / "handed.age")
    assert proved(taken.other).elsewhere


def test_a_purge_leaves_nothing_of_it_and_a_chain_that_holds(taken: World) -> None:
    purge(taken.other, [cases.find(taken.other.casebook, "2026-0002")], taken.channels)
    assert proved(taken.other).elsewhere == 0
    assert taken.other.casebook.all("SELECT * FROM received_log") == []
