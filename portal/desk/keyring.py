"""Keyrings: the secrets of a desk, and how each caseworker opens them with a passphrase of their own.

Two layers (docs/decisions/0018-keyrings-in-two-layers.md). `keyring/PERSON.age` is what `age -p` makes (one scrypt
stanza) and holds an identity of that person; `keys.age` holds what the desk has, sealed to the people who work there.
So whoever opens the desk can let somebody in or out, and change the desk's keys, without the passphrases of the others.

`keyring/PERSON.age`, canonical JSON (RFC 8785):

    format      "portevoix/keyring/2"
    desk        name of the desk
    person      whose file this is
    identity    AGE-SECRET-KEY-PQ-1…, which opens keys.age

`keys.age`:

    format      "portevoix/keys/1"
    desk        name of the desk
    casebook    list of hex, 32 bytes each: the raw key of the casebook, then the one before if there was one
    identities  list of AGE-SECRET-KEY-PQ-1…: the first opens what the portal seals now, the others what came before
    signing     base64 of the desk's minisign secret key, as minisign writes it, without a password of its own

A keyring of format "portevoix/keyring/1" held all of it, `casebook` being one key, and is still read.

Pure: bytes in, bytes out.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
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
IDENTITIES = 100
"""So many identities a desk has at most: the one in use, and those of before."""
_KEY_BYTES = 32
_DAMAGED = "The keyring's file is damaged: put back the copy from your backup."

Identities = Annotated[list[str], msgspec.Meta(min_length=1, max_length=IDENTITIES)]


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secrets of a desk: the plaintext of keys.age."""

    format: Literal["portevoix/keys/1"]
    desk: Name
    casebook: Annotated[list[Hex32], msgspec.Meta(min_length=1, max_length=2)]
    identities: Identities
    signing: str

    def __repr__(self) -> str:
        return f"Keys(desk={self.desk!r}, …)"

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
        """Signs the packs and the log of this desk."""
        return minisign.SecretKey.from_base64(self.signing)

    @property
    def verify_key(self) -> minisign.PublicKey:
        """By which the portal knows this desk's packs."""
        return minisign.PublicKey.from_secret_key(self.signing_key)

    @property
    def casebook_keys(self) -> list[bytes]:
        """The raw key of the casebook, 32 bytes, then the one before, which it has until a change of keys is done."""
        return [bytes.fromhex(key) for key in self.casebook]

    def rotated(self) -> "Keys":
        """With a new identity and a new signing key. The identities of before open what was sealed to them.

        Raises DeskError if there are too many of them.
        """
        if len(self.identities) >= IDENTITIES:
            raise DeskError(f"This desk has had {IDENTITIES} keys, and no more: make a new desk with `desk init`.")
        identities = [str(HybridIdentity.generate()), *self.identities]
        return msgspec.structs.replace(self, identities=identities, signing=_new_signing_key())

    def rekeyed(self) -> "Keys":
        """The same, and with a new key of the casebook."""
        return msgspec.structs.replace(self.rotated(), casebook=[secrets.token_hex(_KEY_BYTES), self.casebook[0]])


class Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is a person's own: the plaintext of PERSON.age."""

    format: Literal["portevoix/keyring/2"]
    desk: Name
    person: Name
    identity: str

    def __repr__(self) -> str:
        return f"Own(desk={self.desk!r}, person={self.person!r}, …)"

    def opening(self) -> HybridIdentity:
        """Opens keys.age. Raises AgeError if it is none."""
        return HybridIdentity.parse(self.identity)

    @property
    def recipient(self) -> HybridRecipient:
        """To whom keys.age is sealed for this person."""
        return self.opening().recipient


class _First(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A keyring in one layer, as desks had it first."""

    format: Literal["portevoix/keyring/1"]
    desk: Name
    person: Name
    casebook: Hex32
    identities: Identities
    signing: str

    def __repr__(self) -> str:
        return f"_First(desk={self.desk!r}, person={self.person!r}, …)"


@dataclass(frozen=True)
class Keyring:
    """The secrets of a desk in the hands of one person. `own` is None while the keyring's file has one layer only."""

    person: str
    keys: Keys
    own: Own | None = field(repr=False)

    @property
    def desk(self) -> str:
        return self.keys.desk

    def opening(self) -> list[HybridIdentity]:
        """The identities that open what was sealed to this desk, the newest first."""
        return self.keys.opening()

    @property
    def recipient(self) -> HybridRecipient:
        """What the portal seals to."""
        return self.keys.recipient

    @property
    def signing_key(self) -> minisign.SecretKey:
        """Signs the packs and the log of this desk."""
        return self.keys.signing_key

    @property
    def verify_key(self) -> minisign.PublicKey:
        """By which the portal knows this desk's packs."""
        return self.keys.verify_key

    @property
    def casebook_key(self) -> bytes:
        """The raw key of the casebook, 32 bytes."""
        return self.keys.casebook_keys[0]

    @property
    def identities(self) -> list[str]:
        """The same as `opening`, as age writes them."""
        return self.keys.identities


def generate(desk: str) -> Keys:
    """New secrets for a desk. Raises DeskError if `desk` is no name."""
    check_name(desk, "The name of a desk")
    identity = str(HybridIdentity.generate())
    return Keys("portevoix/keys/1", desk, [secrets.token_hex(_KEY_BYTES)], [identity], _new_signing_key())


def generate_own(desk: str, person: str) -> Own:
    """A new identity for a person. Raises DeskError if `person` is no name."""
    check_name(person, "The name of a person")
    return Own("portevoix/keyring/2", desk, person, str(HybridIdentity.generate()))


def check_passphrase(passphrase: str) -> None:
    """Raise DeskError if a passphrase is too short for a new keyring."""
    if len(passphrase) < PASSPHRASE_CHARACTERS:
        raise DeskError(
            f"The passphrase has fewer than {PASSPHRASE_CHARACTERS} characters: "
            "take a longer one, six words that nobody would put together are good."
        )


def seal(own: Own, passphrase: str, work_factor: int = WORK_FACTOR) -> bytes:
    """PERSON.age. Raises DeskError if the passphrase is too short."""
    check_passphrase(passphrase)
    return b"".join(encrypt([ScryptRecipient(passphrase, work_factor)], [canonical.dumps(own)]))


def open_(data: bytes, passphrase: str) -> Own | Keyring:
    """Open PERSON.age; a Keyring if it has one layer. Raises WrongPassphrase, or DeskError if it is damaged."""
    try:
        plain = b"".join(decrypt([ScryptIdentity(passphrase)], [data]))
        if b'"portevoix/keyring/1"' in plain:
            first = canonical.loads(plain, _First, "The keyring", FormatError)
            keys = Keys("portevoix/keys/1", first.desk, [first.casebook], first.identities, first.signing)
            keys.check()
            return Keyring(first.person, keys, None)
        own = canonical.loads(plain, Own, "The keyring", FormatError)
        own.opening()
    except NoMatch:
        raise WrongPassphrase(
            "The passphrase is wrong: try again. If it is lost, nobody can open this keyring ever again: your paper "
            "copy lets you in (`desk recover`), or a colleague who can open the desk removes you "
            "(`desk remove-person`) and lets you in anew."
        ) from None
    except (AgeError, FormatError, minisign.Error):
        raise DeskError(_DAMAGED) from None
    return own


def seal_keys(keys: Keys, recipients: Iterable[HybridRecipient]) -> bytes:
    """keys.age, for the people of the desk."""
    return b"".join(encrypt(list(recipients), [canonical.dumps(keys)]))


def open_keys(data: bytes, own: Own) -> Keyring:
    """Open keys.age. Raises DeskError if it is not sealed to this person, or damaged."""
    try:
        plain = b"".join(decrypt([own.opening()], [data]))
        keys = canonical.loads(plain, Keys, "keys.age", FormatError)
        keys.check()
    except NoMatch:
        raise DeskError(
            f"{own.person} does not work at this desk any more, or {own.person}'s keyring is an old copy: "
            "let a colleague look with `desk people`."
        ) from None
    except (AgeError, FormatError, minisign.Error):
        raise DeskError("keys.age is damaged: put back the copy from your backup.") from None
    return Keyring(own.person, keys, own)


def _new_signing_key() -> str:
    return str(minisign.KeyPair.generate().secret_key.to_base64().decode())
