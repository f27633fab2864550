from collections.abc import Callable
from typing import Any

import minisign
import msgspec
import pytest

from portal import canonical
from portal.age import HybridIdentity, Recipient, ScryptIdentity, ScryptRecipient, decrypt, encrypt
from portal.desk import keyring
from portal.desk.keyring import Keyring
from portal.errors import DeskError, WrongPassphrase

PASSPHRASE = "any passphrase"
KEYS = keyring.generate("police")
OWN = keyring.generate_own("police", "alice")
SEALED = keyring.seal(OWN, PASSPHRASE, work_factor=1)
SEALED_KEYS = keyring.seal_keys(KEYS, [OWN.recipient])


def sealed(value: dict[str, Any], recipient: Recipient) -> bytes:
    return b"".join(encrypt([recipient], [canonical.dumps(value)]))


def opened() -> Keyring:
    own = keyring.open_(SEALED, PASSPHRASE)
    assert isinstance(own, keyring.Own)
    return keyring.open_keys(SEALED_KEYS, own)


def test_what_is_sealed_opens() -> None:
    ring = opened()
    assert (ring.person, ring.desk, ring.keys, ring.own) == ("alice", "police", KEYS, OWN)
    assert len(ring.casebook_key) == 32
    data = b"".join(encrypt([ring.recipient], [b"x"]))
    assert b"".join(decrypt(ring.opening(), [data])) == b"x"
    ring.verify_key.verify(b"x", ring.signing_key.sign(b"x"))


def test_the_work_factor_is_that_of_the_design() -> None:
    assert keyring.seal(OWN, PASSPHRASE).splitlines()[1].split()[-1] == b"18"


def test_new_keys_leave_the_old_identity() -> None:
    changed = KEYS.rotated()
    assert changed.identities[1:] == KEYS.identities
    assert changed.signing != KEYS.signing
    assert changed.casebook == KEYS.casebook
    data = b"".join(encrypt([KEYS.recipient], [b"x"]))
    assert b"".join(decrypt(changed.opening(), [data])) == b"x"


def test_a_removal_changes_the_casebooks_key_as_well() -> None:
    changed = KEYS.rekeyed()
    assert changed.casebook_keys[1:] == KEYS.casebook_keys
    assert changed.casebook_keys[0] != KEYS.casebook_keys[0]
    assert changed.identities[1:] == KEYS.identities
    assert len(changed.rekeyed().casebook) == 2


def test_too_many_keys_are_refused() -> None:
    many = msgspec.structs.replace(KEYS, identities=KEYS.identities * keyring.IDENTITIES)
    with pytest.raises(DeskError, match="make a new desk"):
        many.rotated()


def test_a_keyring_of_one_layer_is_still_read() -> None:
    first = {
        "format": "portevoix/keyring/1",
        "desk": "police",
        "person": "alice",
        "casebook": KEYS.casebook[0],
        "identities": KEYS.identities,
        "signing": KEYS.signing,
    }
    ring = keyring.open_(sealed(first, ScryptRecipient(PASSPHRASE, 1)), PASSPHRASE)
    assert isinstance(ring, Keyring)
    assert (ring.person, ring.keys, ring.own) == ("alice", KEYS, None)


@pytest.mark.parametrize("value", [KEYS, OWN, opened()], ids=lambda value: type(value).__name__)
def test_no_secret_is_shown(value: object) -> None:
    for secret in (*KEYS.identities, *KEYS.casebook, KEYS.signing, OWN.identity):
        assert secret not in repr(value)
        assert secret not in f"{value}"


@pytest.mark.parametrize("passphrase", ["", "wrong", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_a_wrong_passphrase_is_said(passphrase: str) -> None:
    with pytest.raises(WrongPassphrase, match="passphrase is wrong: try again"):
        keyring.open_(SEALED, passphrase)


@pytest.mark.parametrize("passphrase", ["", "1234567", "ü" * 7])
def test_a_short_passphrase_is_refused(passphrase: str) -> None:
    with pytest.raises(DeskError, match="fewer than 8 characters"):
        keyring.seal(OWN, passphrase, 1)


@pytest.mark.parametrize("name", ["", "Police", "a/b", "../x", "police\n", "1st", "x" * 33, "é"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(DeskError, match="small letters"):
        keyring.generate(name)
    with pytest.raises(DeskError, match="small letters"):
        keyring.generate_own("police", name)


def open_own(data: bytes) -> object:
    return keyring.open_(data, PASSPHRASE)


def open_keys(data: bytes) -> object:
    return keyring.open_keys(data, OWN)


@pytest.mark.parametrize(("data", "open_"), [(SEALED, open_own), (SEALED_KEYS, open_keys)], ids=["own", "keys"])
def test_every_changed_byte_is_refused(data: bytes, open_: Callable[[bytes], object]) -> None:
    for at in range(len(data)):
        with pytest.raises(DeskError):
            open_(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "portevoix/keyring/3"},
        {"identity": "AGE-SECRET-KEY-PQ-1QQQQ"},
        {"person": "Alice"},
        {"extra": 1},
    ],
    ids=str,
)
def test_what_is_not_a_keyring_is_said(changes: dict[str, object]) -> None:
    plain = b"".join(decrypt([ScryptIdentity(PASSPHRASE)], [SEALED]))
    with pytest.raises(DeskError, match="damaged"):
        open_own(sealed(msgspec.json.decode(plain) | changes, ScryptRecipient(PASSPHRASE, 1)))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "portevoix/keys/2"},
        {"identities": []},
        {"identities": ["AGE-SECRET-KEY-PQ-1QQQQ"]},
        {"casebook": []},
        {"casebook": ["00"]},
        {"signing": "x"},
        {"signing": "eA=="},
        {"extra": 1},
    ],
    ids=str,
)
def test_what_are_not_keys_is_said(changes: dict[str, object]) -> None:
    plain = b"".join(decrypt([OWN.opening()], [SEALED_KEYS]))
    with pytest.raises(DeskError, match="damaged"):
        open_keys(sealed(msgspec.json.decode(plain) | changes, OWN.recipient))


def test_who_is_not_among_the_people_is_told_so() -> None:
    other = HybridIdentity.generate().recipient
    with pytest.raises(DeskError, match="alice does not work at this desk any more"):
        open_keys(keyring.seal_keys(KEYS, [other]))


def test_minisign_key_is_one() -> None:
    key = minisign.PublicKey.from_bytes(bytes(KEYS.verify_key))
    assert key == KEYS.verify_key
