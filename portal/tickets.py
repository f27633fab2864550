"""Cookie, CSRF token, ticket and capsule: all that a page carries for the portal (docs/format.md section 14).

The portal keeps no session. What it needs again it gives away sealed, under keys of the day, and every receipt takes
three things together: the cookie, the ticket and the portal's secrets. Pure: the clock and the secrets come in.
"""

import base64
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random

from portal import limits
from portal.errors import CapsuleExpired, TicketExpired
from portal.kdf import hkdf
from portal.receipt import ENTROPY_BYTES, LIST_OF_LANGUAGE, LISTS, SALT_BYTES, ThreadKeys, is_allowed

COOKIE = "c"
SECRET_BYTES = 32
VISITOR_BYTES = 32
NONCE_BYTES = 16
_DAY_BYTES = 10
_TEXT_LIMIT = 4_096
"""Characters of a ticket or capsule that are looked at."""
_LETTER = {name[0].encode(): name for name in LISTS}
Clock = Callable[[], datetime]
Seed = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


def new_visitor() -> bytes:
    """The value of a new cookie, 32 random bytes; it says nothing."""
    return random(VISITOR_BYTES)


def visitor_text(visitor: bytes) -> str:
    """The cookie's value as text."""
    return _encode(visitor)


def parse_visitor(text: str | None) -> bytes | None:
    """The 32 bytes of a cookie, or None if it is missing or not one of ours."""
    visitor = _decode(text or "")
    return visitor if len(visitor) == VISITOR_BYTES else None


@dataclass(frozen=True)
class Ticket:
    """What a form page carries: a nonce of 16 bytes, the day it was made, the word list of its receipt."""

    nonce: bytes
    day: date
    word_list: str


class Capsule(msgspec.Struct, frozen=True):
    """What a mailbox page carries; times in seconds since the epoch. It holds secrets."""

    identity_seed: Seed
    sign_seed: Seed
    item_key: Seed
    nonce: Annotated[bytes, msgspec.Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
    issued: int
    first_issued: int
    channel: str | None = None
    desks: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return "Capsule(…)"

    @property
    def keys(self) -> ThreadKeys:
        """The keys of the thread."""
        return ThreadKeys(self.identity_seed, self.sign_seed, self.item_key)


class Seals:
    """Makes and opens tickets, proofs and capsules under the portal's two secrets.

    `receipt_secret` is 32 bytes; `session_secrets` are 32 bytes each, the first one seals, all of them open.
    """

    def __init__(self, receipt_secret: bytes, session_secrets: Sequence[bytes], clock: Clock) -> None:
        self._receipt_secret = receipt_secret
        self._sessions = tuple(session_secrets)
        self._clock = clock
        self.salt = hkdf(receipt_secret, b"portevoix/receipt/salt/v1", SALT_BYTES)
        """The salt of every receipt's Argon2id, 16 bytes."""

    def today(self) -> date:
        """The day, UTC."""
        return self._clock().date()

    def csrf_token(self, visitor: bytes) -> str:
        """The token of every form that this visitor sees."""
        return _encode(self._csrf(self._sessions[0], visitor))

    def is_csrf_token(self, visitor: bytes, token: str) -> bool:
        """Whether `token` is this visitor's; in constant time."""
        given = _decode(token)
        return any(hmac.compare_digest(self._csrf(secret, visitor), given) for secret in self._sessions)

    @staticmethod
    def _csrf(secret: bytes, visitor: bytes) -> bytes:
        return hmac.digest(hkdf(secret, b"portevoix/csrf/v1"), visitor, "sha256")

    def issue_ticket(self, language: str) -> str:
        """A ticket for a form in `language`."""
        today = self.today()
        letter = LIST_OF_LANGUAGE.get(language, LISTS[0])[0].encode()
        plain = random(NONCE_BYTES) + today.isoformat().encode() + letter
        return _encode(SecretBox(_day_key(self._sessions[0], b"portevoix/ticket/v1", today)).encrypt(plain))

    def open_ticket(self, text: str) -> Ticket:
        """Raises TicketExpired, also for what never was a ticket."""
        plain = self._unseal(text, b"portevoix/ticket/v1", lambda key: key)
        if plain is None or len(plain) != NONCE_BYTES + _DAY_BYTES + 1:
            raise TicketExpired("This form was open for too long: send it again.")
        day = date.fromisoformat(plain[NONCE_BYTES:-1].decode())
        return Ticket(plain[:NONCE_BYTES], day, _LETTER[plain[-1:]])

    def is_fresh(self, ticket: Ticket) -> bool:
        """Whether the ticket takes new reports; one that is not still shows the receipt of a stored one."""
        return self.today() - ticket.day <= timedelta(days=limits.TICKET_DAYS)

    def entropy(self, visitor: bytes, ticket: Ticket) -> bytes:
        """The entropy (10 bytes) of the receipt of cookie and ticket: the first without a word that hurts."""
        key = _day_key(self._receipt_secret, b"portevoix/receipt/v1", ticket.day)
        message = b"portevoix/receipt" + visitor + ticket.nonce
        counter = 0
        while True:
            entropy = hmac.digest(key, message + counter.to_bytes(4), "sha256")[:ENTROPY_BYTES]
            if is_allowed(entropy, ticket.word_list):
                return entropy
            counter += 1

    def proof_of_filing(self, visitor: bytes, ticket: Ticket) -> str:
        """Given out with a receipt, so that its page can be shown again without the report."""
        return _encode(self._proofs(visitor, ticket)[0])

    def is_proof_of_filing(self, visitor: bytes, ticket: Ticket, text: str) -> bool:
        """Whether `text` is the proof for cookie and ticket; in constant time."""
        given = _decode(text)
        return any(hmac.compare_digest(proof, given) for proof in self._proofs(visitor, ticket))

    def _proofs(self, visitor: bytes, ticket: Ticket) -> list[bytes]:
        keys = [_day_key(secret, b"portevoix/filed/v1", ticket.day) for secret in self._sessions]
        return [hmac.digest(key, visitor + ticket.nonce, "sha256") for key in keys]

    def new_capsule(self, keys: ThreadKeys, channel: str | None, desks: tuple[str, ...] | None) -> Capsule:
        """The capsule of a mailbox that was just opened with its words."""
        now = self._now()
        seeds = keys.identity_seed, keys.sign_seed, keys.item_key
        return Capsule(*seeds, random(NONCE_BYTES), now, now, channel, desks)

    def renewed(self, capsule: Capsule, *, new_nonce: bool) -> Capsule:
        """The capsule as issued now; `new_nonce` once its message is stored.

        Past its reading time it is not renewed: it goes on to its end.
        """
        issued = self._now() if self.is_readable(capsule) else capsule.issued
        nonce = random(NONCE_BYTES) if new_nonce else capsule.nonce
        return msgspec.structs.replace(capsule, issued=issued, nonce=nonce)

    @staticmethod
    def redirected(capsule: Capsule, channel: str | None, desks: tuple[str, ...]) -> Capsule:
        """The capsule with another way for follow-ups."""
        return msgspec.structs.replace(capsule, channel=channel, desks=desks)

    def seal_capsule(self, visitor: bytes, capsule: Capsule) -> str:
        """Useless without the cookie: its key is made from it."""
        key = _day_key(self._sessions[0], b"portevoix/capsule/v1", self.today())
        return _encode(SecretBox(hkdf(key, visitor)).encrypt(msgspec.json.encode(capsule)))

    def open_capsule(self, visitor: bytes, text: str) -> Capsule:
        """Raises CapsuleExpired when it is older than its grace period, or not this visitor's."""
        plain = self._unseal(text, b"portevoix/capsule/v1", lambda key: hkdf(key, visitor))
        capsule = None if plain is None else msgspec.json.decode(plain, type=Capsule)
        if capsule is None or self._now() > self._readable_until(capsule) + limits.MAILBOX_GRACE_SECONDS:
            raise CapsuleExpired("This page was open for too long: enter the eight words again.")
        return capsule

    def is_readable(self, capsule: Capsule) -> bool:
        """Whether the capsule still shows replies; one that does not still takes a message."""
        return self._now() <= self._readable_until(capsule)

    @staticmethod
    def _readable_until(capsule: Capsule) -> int:
        return min(
            capsule.issued + limits.MAILBOX_SECONDS,
            capsule.first_issued + limits.MAILBOX_MAX_SECONDS,
        )

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _unseal(self, text: str, purpose: bytes, finish: Callable[[bytes], bytes]) -> bytes | None:
        sealed = _decode(text)
        for key in self._keys(purpose):
            try:
                return SecretBox(finish(key)).decrypt(sealed)
            except (CryptoError, ValueError):
                continue
        return None

    def _keys(self, purpose: bytes) -> Iterator[bytes]:
        for age in range(limits.DAY_KEYS):
            for secret in self._sessions:
                yield _day_key(secret, purpose, self.today() - timedelta(days=age))


def _day_key(secret: bytes, purpose: bytes, day: date) -> bytes:
    return hkdf(secret, purpose + b"/" + day.isoformat().encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """The bytes of base64url without padding; nothing for what is not exactly that."""
    try:
        data = base64.urlsafe_b64decode(text[:_TEXT_LIMIT] + "=" * (-len(text[:_TEXT_LIMIT]) % 4))
    except ValueError:
        return b""
    return data if _encode(data) == text else b""
