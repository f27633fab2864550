"""A caseworker's keyring: all secrets of the desk, in one age file under one passphrase.

`keyring/PERSON.age` is what `age -p` makes (one scrypt stanza); its plaintext is canonical JSON (RFC 8785):

    format      "portevoix/keyring/1"
    desk        name of the desk
    person      whose file this is
    casebook    hex, 32 bytes: the raw key of the casebook
    identities  list of AGE-SECRET-KEY-PQ-1…: the first opens what the portal seals now, the others what came before
    signing     base64 of the desk's minisign secret key, as minisign writes it, without a password of its own

Pure: bytes in, bytes out.
"""

import secrets
from typing import Annotated, Literal

import minisign
import msgspec

from portal import canonical
from portal.age import HybridIdentity, HybridRecipient, ScryptIdentity, ScryptRecipient, decrypt, encrypt
from portal.desk.naming import check_name
from portal.errors import AgeError, DeskError, FormatError, NoMatch, WrongPassphrase
from portal.report import Hex32, Name

WORK_FACTOR = 18
"""The base-two logarithm of scrypt's N: 256 MiB and about a second for each guess at a passphrase."""
PASSPHRASE_CHARACTERS = 8
"""The shortest passphrase that a new keyring takes."""
_KEY_BYTES = 32


class Keyring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secrets of a desk, in the hands of one person."""

    format: Literal["portevoix/keyring/1"]
    desk: Name
    person: Name
    casebook: Hex32
    identities: Annotated[list[str], msgspec.Meta(min_length=1, max_length=100)]
    signing: str

    def __repr__(self) -> str:
        return f"Keyring(desk={self.desk!r}, person={self.person!r}, …)"

    def check(self) -> None:
        """Raises AgeError or minisign.Error if a key in it is not one."""
        self.opening()
        self.verify_key.to_base64()

    def opening(self) -> list[HybridIdentity]:
        """The identities that open what was sealed to this desk, the newest first."""
        return [HybridIdentity.parse(identity) for identity in self.identities]

    @property
    def recipient(self) -> HybridRecipient:
        """What the portal seals to."""
        return HybridIdentity.parse(self.identities[0]).recipient

    @property
    def signing_key(self) -> minisign.SecretKey:
        """Signs the packs of this desk."""
        return minisign.SecretKey.from_base64(self.signing)

    @property
    def verify_key(self) -> minisign.PublicKey:
        """By which the portal knows this desk's packs."""
        return minisign.PublicKey.from_secret_key(self.signing_key)

    @property
    def casebook_key(self) -> bytes:
        """The raw key of the casebook, 32 bytes."""
        return bytes.fromhex(self.casebook)


def generate(desk: str, person: str) -> Keyring:
    """A keyring with new secrets. Raises DeskError if `desk` or `person` is no name."""
    check_name(desk, "The name of a desk")
    check_name(person, "The name of a person")
    return Keyring(
        "portevoix/keyring/1",
        desk,
        person,
        secrets.token_hex(_KEY_BYTES),
        [str(HybridIdentity.generate())],
        minisign.KeyPair.generate().secret_key.to_base64().decode(),
    )


def check_passphrase(passphrase: str) -> None:
    """Raise DeskError if a passphrase is too short for a new keyring."""
    if len(passphrase) < PASSPHRASE_CHARACTERS:
        raise DeskError(
            f"The passphrase has fewer than {PASSPHRASE_CHARACTERS} characters: "
            "take a longer one, six words that nobody would put together are good."
        )


def seal(keyring: Keyring, passphrase: str, work_factor: int = WORK_FACTOR) -> bytes:
    """The keyring's file. Raises DeskError if the passphrase is too short."""
    check_passphrase(passphrase)
    return b"".join(encrypt([ScryptRecipient(passphrase, work_factor)], [canonical.dumps(keyring)]))


def open_(data: bytes, passphrase: str) -> Keyring:
    """Open a keyring's file. Raises WrongPassphrase, or DeskError if the file is damaged."""
    try:
        plain = b"".join(decrypt([ScryptIdentity(passphrase)], [data]))
        keyring = canonical.loads(plain, Keyring, "The keyring", FormatError)
        keyring.check()
    except NoMatch:
        raise WrongPassphrase("The passphrase is wrong: try again; without it nobody can open this desk.") from None
    except (AgeError, FormatError, minisign.Error):
        raise DeskError("The keyring's file is damaged: put back the copy from your backup.") from None
    return keyring
