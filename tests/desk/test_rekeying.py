"""Keys that change: whatever moment the machine dies at, the desk opens, with the old keys or the new."""

import shutil
from pathlib import Path

import pytest

from portal import canonical
from portal.age import ScryptRecipient, encrypt
from portal.desk import folder, keyring, rekeying, session
from portal.desk.casebook import Casebook
from portal.errors import DeskError
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft
from tests.desk.test_crash import killed_at


def let_bob_in(root: Path) -> None:
    """A second caseworker, with a passphrase of the same words."""
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        own = keyring.generate_own("police", "bob")
        with desk.casebook.transaction():
            rekeying.let_in(desk.casebook, own)
            rekeying.begin(desk.casebook, desk.keyring.keys)
        folder.write(desk.folder.keyring("bob"), keyring.seal(own, PASSPHRASE, 1))
        rekeying.finish(desk.folder, desk.keyring, desk.casebook)


def remove_bob(root: Path) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        with desk.casebook.transaction():
            desk.casebook.run("DELETE FROM people WHERE name = 'bob'")
            rekeying.begin(desk.casebook, desk.keyring.keys.rekeyed(), "bob")
        rekeying.finish(desk.folder, desk.keyring, desk.casebook)


def keys_of(root: Path, person: str = session.PERSON) -> keyring.Keys:
    with session.open_desk(root, PASSPHRASE, person) as desk:
        return desk.keyring.keys


def test_two_people_open_one_desk(root: Path) -> None:
    let_bob_in(root)
    assert keys_of(root, "bob") == keys_of(root)


def test_who_was_removed_opens_nothing(root: Path) -> None:
    let_bob_in(root)
    kept = shutil.copytree(root, root.parent / "kept")
    before = keys_of(root)
    remove_bob(root)
    after = keys_of(root)
    assert after.identities[1:] == before.identities
    with pytest.raises(DeskError, match="Nobody called bob"):
        keys_of(root, "bob")
    shutil.copy(kept / "keyring" / "bob.age", root / "keyring")
    with pytest.raises(DeskError, match="bob does not work at this desk any more"):
        keys_of(root, "bob")
    with pytest.raises(DeskError, match="cannot be read with the key"):
        Casebook.open(root / "casebook.db", before.casebook_keys[0])
    recipients = (root / "public" / "police.recipients").read_text()
    assert str(after.recipient) in recipients
    assert str(before.recipient) not in recipients


def test_a_keyring_of_one_layer_becomes_one_of_two(
    root: Path, portal: PlayedPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "WORK_FACTOR", 1)
    keys = keys_of(root)
    first = {
        "format": "portevoix/keyring/1",
        "desk": "police",
        "person": session.PERSON,
        "casebook": keys.casebook[0],
        "identities": keys.identities,
        "signing": keys.signing,
    }
    path = root / "keyring" / f"{session.PERSON}.age"
    path.write_bytes(b"".join(encrypt([ScryptRecipient(PASSPHRASE, 1)], [canonical.dumps(first)])))
    (root / "keys.age").unlink()
    assert keys_of(root) == keys
    assert (root / "keys.age").exists()
    assert keys_of(root) == keys


def test_killed_while_somebody_is_removed(root: Path, portal: PlayedPortal) -> None:
    """At every step: the desk opens, nothing in it is lost, and the next writer ends what was begun."""
    let_bob_in(root)
    with session.open_desk(root, PASSPHRASE, writing=True) as desk, desk.casebook.transaction():
        desk.record("settings-changed", canary=draft("x").narrative)
    before = keys_of(root)
    step = 0
    more = True
    while more:
        copy = Path(shutil.copytree(root, root.parent / f"copy-{step}"))
        more = killed_at(step, lambda copy=copy: remove_bob(copy))  # type: ignore[misc]
        with session.open_desk(copy, PASSPHRASE, writing=True) as desk:
            changed = desk.keyring.keys != before
            assert desk.casebook.one("SELECT count(*) FROM log")[0] >= 1
            assert desk.casebook.one("SELECT count(*) FROM rekeying") == (0,)
            assert ((copy / "keyring" / "bob.age").exists()) != changed
        Casebook.open(copy / "casebook.db", keys_of(copy).casebook_keys[0]).close()
        assert more or changed
        shutil.rmtree(copy)
        step += 1
    assert step > 10
