from pathlib import Path

import minisign
import msgspec
import pytest

from portal import canonical
from portal.age import HybridIdentity, ScryptIdentity, ScryptRecipient, decrypt, encrypt
from portal.desk import keyring
from portal.errors import DeskError, WrongPassphrase

PASSPHRASE = "any passphrase"
RING = keyring.generate("police", "alice")
SEALED = keyring.seal(RING, PASSPHRASE, work_factor=1)


def test_what_is_sealed_opens() -> None:
    opened = keyring.open_(SEALED, PASSPHRASE)
    assert opened == RING
    assert len(opened.casebook_key) == 32
    data = b"".join(encrypt([opened.recipient], [b"x"]))
    assert b"".join(decrypt(opened.opening(), [data])) == b"x"
    opened.verify_key.verify(b"x", opened.signing_key.sign(b"x"))


def test_the_work_factor_is_that_of_the_design() -> None:
    assert keyring.seal(RING, PASSPHRASE).splitlines()[1].split()[-1] == b"18"


def test_a_keyring_may_hold_older_identities() -> None:
    old = HybridIdentity.generate()
    several = keyring.Keyring(
        RING.format, RING.desk, RING.person, RING.casebook, [*RING.identities, str(old)], RING.signing
    )
    opened = keyring.open_(keyring.seal(several, PASSPHRASE, 1), PASSPHRASE)
    data = b"".join(encrypt([old.recipient], [b"x"]))
    assert b"".join(decrypt(opened.opening(), [data])) == b"x"
    assert opened.recipient == RING.recipient


def test_no_secret_is_shown() -> None:
    assert repr(RING) == "Keyring(desk='police', person='alice', …)"
    assert repr(RING) == f"{RING}"


@pytest.mark.parametrize("passphrase", ["", "wrong", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_a_wrong_passphrase_is_said(passphrase: str) -> None:
    with pytest.raises(WrongPassphrase, match="passphrase is wrong"):
        keyring.open_(SEALED, passphrase)


@pytest.mark.parametrize("passphrase", ["", "1234567", "ü" * 7])
def test_a_short_passphrase_is_refused(passphrase: str) -> None:
    with pytest.raises(DeskError, match="fewer than 8 characters"):
        keyring.seal(RING, passphrase, 1)


@pytest.mark.parametrize("name", ["", "Police", "a/b", "../x", "police\n", "1st", "x" * 33, "é"])
def test_names_are_plain(name: str) -> None:
    for desk, person in ((name, "alice"), ("police", name)):
        with pytest.raises(DeskError, match="small letters"):
            keyring.generate(desk, person)


def test_every_changed_byte_is_refused() -> None:
    for at in range(len(SEALED)):
        with pytest.raises(DeskError):
            keyring.open_(SEALED[:at] + bytes([SEALED[at] ^ 1]) + SEALED[at + 1 :], PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "portevoix/keyring/2"},
        {"identities": []},
        {"identities": ["AGE-SECRET-KEY-PQ-1QQQQ"]},
        {"casebook": "00"},
        {"signing": "x"},
        {"signing": "eA=="},
        {"extra": 1},
    ],
    ids=str,
)
def test_what_is_not_a_keyring_is_said(changes: dict[str, object]) -> None:
    plain = b"".join(decrypt([ScryptIdentity(PASSPHRASE)], [SEALED]))
    value = canonical.dumps(msgspec.json.decode(plain) | changes)
    with pytest.raises(DeskError, match="damaged"):
        keyring.open_(b"".join(encrypt([ScryptRecipient(PASSPHRASE, 1)], [value])), PASSPHRASE)


def test_minisign_key_is_one(tmp_path: Path) -> None:
    key = minisign.PublicKey.from_bytes(bytes(RING.verify_key))
    assert key == RING.verify_key
