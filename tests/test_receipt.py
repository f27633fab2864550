import contextlib
import json
import string
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from argon2.exceptions import HashingError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from nacl import pwhash
from nacl.signing import VerifyKey

from portal import receipt
from portal.errors import NoMemory, ReceiptError
from portal.receipt import LISTS, CheckFailed, UnknownWord, WrongCount
from tests import sentences


@pytest.fixture(autouse=True, scope="module")
def _errors_are_sentences() -> Iterator[None]:
    """Whatever is raised in these tests can be read by a person."""
    with sentences.checked(ReceiptError):
        yield


ENTROPY = st.binary(min_size=receipt.ENTROPY_BYTES, max_size=receipt.ENTROPY_BYTES)
NAMES = st.sampled_from(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_four_letters_identify_a_word(name: str) -> None:
    words = receipt.word_list(name)
    assert len(words.words) == len(words.positions) == 2048


@given(ENTROPY, NAMES)
def test_words_come_back(entropy: bytes, name: str) -> None:
    words = receipt.encode(entropy, name)
    assert len(words) == receipt.WORDS
    assert entropy in receipt.decode(" ".join(words))


@given(ENTROPY, NAMES, st.sampled_from([" ", "\n", ", ", "-", "  1. ", "\u00a0", "._"]))
def test_case_marks_separators_and_word_ends_do_not_matter(entropy: bytes, name: str, separator: str) -> None:
    words = receipt.encode(entropy, name)
    typed = separator.join(word.upper() if n % 2 else word[:5] for n, word in enumerate(words))
    assert entropy in receipt.decode(separator + typed)


@given(ENTROPY, NAMES, st.integers(0, 7), st.integers(0, 2047))
def test_a_wrong_word_is_seldom_a_receipt_of_the_same_entropy(entropy: bytes, name: str, at: int, other: int) -> None:
    words = receipt.encode(entropy, name)
    changed = [*words[:at], receipt.word_list(name).words[other], *words[at + 1 :]]
    if changed == words:
        return
    with contextlib.suppress(CheckFailed, UnknownWord):
        assert entropy not in receipt.decode(" ".join(changed))


def test_check_bits_catch_255_of_256_wrong_words() -> None:
    words = receipt.encode(bytes(10), "english")
    passed = 0
    for other in receipt.word_list("english").words:
        try:
            receipt.decode(" ".join([other, *words[1:]]))
            passed += 1
        except CheckFailed:
            pass
    assert passed <= 20


@pytest.mark.parametrize(
    ("typed", "position", "suggestion"),
    [
        ("zone zone hose zone zone zone zone zone", 3, "horse"),
        ("abandon ability able about above absent absorb xyzq", 8, None),
        ("fable école fabuleux gagner zzzz habile jaguar étoffes", 5, None),
    ],
    ids=["english", "nothing close", "french"],
)
def test_a_wrong_word_is_named(typed: str, position: int, suggestion: str | None) -> None:
    with pytest.raises(UnknownWord) as caught:
        receipt.decode(typed)
    assert (caught.value.position, caught.value.suggestion) == (position, suggestion)
    assert caught.value.typed == typed.split()[position - 1]
    assert typed.split()[position - 1] not in str(caught.value)


@pytest.mark.parametrize("name", LISTS)
def test_allowed_is_what_has_no_word_that_hurts(name: str) -> None:
    avoided = {receipt.word_list(name).words[number] for number in receipt.word_list(name).avoided}
    found = set()
    for number in range(200):
        entropy = sha256(number.to_bytes(2)).digest()[: receipt.ENTROPY_BYTES]
        hurts = not avoided.isdisjoint(receipt.encode(entropy, name))
        assert receipt.is_allowed(entropy, name) is not hurts
        found.add(hurts)
    assert found == {True, False}


def test_of_a_long_word_forty_letters_are_given_back() -> None:
    with pytest.raises(UnknownWord) as caught:
        receipt.decode(" ".join(["zone"] * 7 + ["q" * 90]))
    assert caught.value.typed == "q" * 40


def test_what_a_thread_signs_is_its_own() -> None:
    keys = receipt.ThreadKeys(b"a" * 32, b"b" * 32, b"c" * 32)
    signature = keys.sign(b"message")
    assert VerifyKey(keys.verify_key).verify(b"message", signature) == b"message"
    assert len(signature) == 64


@pytest.mark.parametrize("count", [0, 1, 7, 9, 40])
def test_a_wrong_count_says_how_many(count: int) -> None:
    with pytest.raises(WrongCount) as caught:
        receipt.decode("zone " * count)
    assert caught.value.count == count


@given(st.text(max_size=2_000) | st.text(string.ascii_lowercase + " ", max_size=200))
def test_anything_typed_gives_entropies_or_a_receipt_error(typed: str) -> None:
    with contextlib.suppress(receipt.ReceiptError):
        assert all(len(entropy) == receipt.ENTROPY_BYTES for entropy in receipt.decode(typed))


def test_two_lists_that_both_pass_give_both() -> None:
    """English and French share prefixes: look for eight shared words whose check bits pass in both lists."""
    english, french = receipt.word_list("english"), receipt.word_list("french")
    shared = sorted(english.positions.keys() & french.positions.keys())
    prefixes = [prefix for prefix in shared if len(prefix) == 4]
    assert len(prefixes) > 500
    found = 0
    for last in prefixes:
        for other in prefixes[:200]:
            typed = " ".join([*prefixes[:6], other, last])
            try:
                entropies = receipt.decode(typed)
            except CheckFailed:
                continue
            found = max(found, len(entropies))
        if found == 2:
            break
    assert found == 2


def test_derived_keys_agree_with_libsodium_and_pyca() -> None:
    entropy, salt = bytes(range(10)), bytes(range(16))
    key = pwhash.argon2id.kdf(32, entropy, salt, opslimit=3, memlimit=64 * 1024 * 1024)
    keys = receipt.derive(entropy, salt)
    for label, derived in [("identity", keys.identity_seed), ("sign", keys.sign_seed), ("item", keys.item_key)]:
        info = f"portevoix/receipt/{label}/v1".encode()
        assert HKDF(hashes.SHA256(), 32, None, info).derive(key) == derived
    public = Ed25519PrivateKey.from_private_bytes(keys.sign_seed).public_key().public_bytes_raw()
    assert keys.verify_key == public
    assert keys.locator == sha256(b"portevoix/locator/v1" + bytes(keys.recipient) + public).digest()


def test_words_are_those_of_the_vectors() -> None:
    facts = json.loads((Path(__file__).parent / "vectors/portevoix/facts.json").read_text("utf-8"))
    for name, words in facts["words"].items():
        assert receipt.encode(bytes.fromhex(facts["entropy"]), name) == words


def test_without_memory_the_operator_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> bytes:
        raise HashingError("Memory allocation error")

    monkeypatch.setattr(receipt, "hash_secret_raw", refuse)
    with pytest.raises(NoMemory) as raised:
        receipt.derive(bytes(10), bytes(16))
    assert str(raised.value) == (
        "There is no memory left to stretch a key, and visitors are asked to come again: give the portal more, or "
        "let fewer keys be stretched at once (`permits`)."
    )


def test_secrets_are_not_shown() -> None:
    assert repr(receipt.ThreadKeys(b"a" * 32, b"b" * 32, b"c" * 32)) == "ThreadKeys()"


def test_same_word() -> None:
    words = receipt.encode(bytes(range(10)), "french")
    assert receipt.same_word(words[3].upper(), words)
    assert not receipt.same_word("", words)
    assert not receipt.same_word("zzzz", words)
