"""The eight words that lead a reporter back, and the keys that they become (docs/format.md sections 5 and 6).

Rules kept here: every one of the 2,048 words of a list is valid when read; what is handed out avoids words that
can hurt; nothing is stored. Pure: the entropy comes in as an argument.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from mnemonic import Mnemonic
from nacl.signing import SigningKey

from portal import limits
from portal.age import HybridIdentity, HybridRecipient
from portal.errors import NoMemory, ReceiptError
from portal.kdf import hkdf, sha256

WORDS = 8
ENTROPY_BYTES = 10
SALT_BYTES = 16
LISTS = ("english", "french", "portuguese")
LIST_OF_LANGUAGE = {"en": "english", "de": "english", "fr": "french", "lb": "french", "pt": "portuguese"}
_BITS = 11
_PREFIX = 4
_TYPED_LIMIT = 1_000
"""Characters of a typed receipt that are looked at; eight words need at most 80."""


class WrongCount(ReceiptError):
    """There are more or fewer than eight words."""

    def __init__(self, count: int) -> None:
        super().__init__(f"A receipt has {WORDS} words; these are {count}.")
        self.count = count


class UnknownWord(ReceiptError):
    """One word is in no list. `typed` and `suggestion` are for the page of the person who typed, nothing else."""

    def __init__(self, position: int, typed: str, suggestion: str | None) -> None:
        super().__init__(f"Word {position} of the receipt is not in the list.")
        self.position = position
        self.typed = typed
        self.suggestion = suggestion


class CheckFailed(ReceiptError):
    """Every word is in the list, but together they are no receipt."""

    def __init__(self) -> None:
        super().__init__("These eight words do not belong together: one is wrong, or two are swapped.")


@dataclass(frozen=True)
class WordList:
    """One BIP-39 list: `words` as shown (NFC), `positions` by the letters that identify a word."""

    words: tuple[str, ...]
    positions: dict[str, int]
    avoided: frozenset[int]


@cache
def word_list(name: str) -> WordList:
    """The list called `name`, one of `LISTS`."""
    words = tuple(unicodedata.normalize("NFC", word) for word in Mnemonic(name).wordlist)
    positions = {_letters(word)[:_PREFIX]: number for number, word in enumerate(words)}
    text = resources.files("portal").joinpath(f"avoid-{name}.txt").read_text("utf-8")
    avoided = {positions[_letters(line)[:_PREFIX]] for line in text.split("\n") if line and not line.startswith("#")}
    return WordList(words, positions, frozenset(avoided))


def encode(entropy: bytes, name: str) -> list[str]:
    """The eight words of `entropy` (10 bytes) in the list `name`."""
    words = word_list(name).words
    return [words[number] for number in _numbers(entropy)]


def is_allowed(entropy: bytes, name: str) -> bool:
    """Whether none of the eight words is one that can hurt."""
    return word_list(name).avoided.isdisjoint(_numbers(entropy))


def decode(typed: str) -> list[bytes]:
    """The entropies (10 bytes each) that `typed` can mean: one, or rarely more where two lists fit.

    Raises WrongCount, UnknownWord or CheckFailed.
    """
    words = _letters(typed[:_TYPED_LIMIT]).split()
    if len(words) != WORDS:
        raise WrongCount(len(words))
    fitting = [numbers for name in LISTS if (numbers := _look_up(words, name)) is not None]
    if not fitting:
        raise _unknown_word(words)
    entropies = [entropy for numbers in fitting if (entropy := _join(numbers)) is not None]
    if not entropies:
        raise CheckFailed
    return list(dict.fromkeys(entropies))


def same_word(typed: str, words: Sequence[str]) -> bool:
    """Whether `typed` is one of `words`, as a reader recognises words."""
    keys = {_letters(word)[:_PREFIX] for word in words}
    letters = _letters(typed[:_TYPED_LIMIT]).split()
    return bool(letters) and all(_key(word) in keys for word in letters)


@dataclass(frozen=True)
class ThreadKeys:
    """What a receipt becomes: three secrets of 32 bytes each, and what follows from them."""

    identity_seed: bytes = field(repr=False)
    sign_seed: bytes = field(repr=False)
    item_key: bytes = field(repr=False)

    @cached_property
    def identity(self) -> HybridIdentity:
        """Opens the replies of this thread."""
        return HybridIdentity.from_seed(self.identity_seed)

    @cached_property
    def _signing_key(self) -> SigningKey:
        return SigningKey(self.sign_seed)

    @property
    def recipient(self) -> HybridRecipient:
        """Replies are sealed to it."""
        return self.identity.recipient

    @property
    def verify_key(self) -> bytes:
        """The Ed25519 public key of the thread, 32 bytes."""
        return bytes(self._signing_key.verify_key)

    @cached_property
    def locator(self) -> bytes:
        """Under which the replies of this thread lie, 32 bytes."""
        return locator(self.recipient, self.verify_key)

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of `message`, 64 bytes."""
        return bytes(self._signing_key.sign(message).signature)


def derive(entropy: bytes, salt: bytes) -> ThreadKeys:
    """Stretch `entropy` (10 bytes) with `salt` (16 bytes): 64 MiB of memory and about 0.1 s of one core.

    Raises NoMemory if the machine has not so much now.
    """
    try:
        key = hash_secret_raw(
            entropy,
            salt,
            time_cost=limits.ARGON2_PASSES,
            memory_cost=limits.ARGON2_KIB,
            parallelism=1,
            hash_len=32,
            type=Type.ID,
        )
    except HashingError:
        raise NoMemory(
            "There is no memory left to stretch a key, and visitors are asked to come again: give the portal more, or "
            "let fewer keys be stretched at once (`permits`)."
        ) from None
    return ThreadKeys(*(hkdf(key, b"portevoix/receipt/%s/v1" % label) for label in (b"identity", b"sign", b"item")))


def locator(recipient: HybridRecipient, verify_key: bytes) -> bytes:
    """The locator of a thread, 32 bytes (docs/format.md section 4)."""
    return sha256(b"portevoix/locator/v1" + bytes(recipient) + verify_key)


def _numbers(entropy: bytes) -> Iterator[int]:
    bits = int.from_bytes(entropy + _check(entropy))
    return (bits >> _BITS * place & 2**_BITS - 1 for place in reversed(range(WORDS)))


def _join(numbers: Sequence[int]) -> bytes | None:
    bits = 0
    for number in numbers:
        bits = bits << _BITS | number
    data = bits.to_bytes(ENTROPY_BYTES + 1)
    return data[:-1] if _check(data[:-1]) == data[-1:] else None


def _check(entropy: bytes) -> bytes:
    return sha256(b"portevoix/check/v1" + entropy)[:1]


def _letters(text: str) -> str:
    """`text` in lower case without marks, everything that is not a letter turned into a space."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn").lower()
    return re.sub(r"[\W\d_]+", " ", plain)


def _key(word: str) -> str:
    return word[:_PREFIX]


def _look_up(words: Sequence[str], name: str) -> list[int] | None:
    positions = word_list(name).positions
    numbers = [positions.get(_key(word)) for word in words]
    return None if None in numbers else [number for number in numbers if number is not None]


def _unknown_word(words: Sequence[str]) -> UnknownWord:
    """The first wrong word, seen from the list that knows most of the others."""
    best = max(LISTS, key=lambda name: sum(_key(word) in word_list(name).positions for word in words))
    known = word_list(best)
    position, typed = next((n, word) for n, word in enumerate(words, 1) if _key(word) not in known.positions)
    plain = {_letters(word): word for word in known.words}
    close = difflib.get_close_matches(typed, plain, n=1)
    return UnknownWord(position, typed[:40], plain[close[0]] if close else None)
