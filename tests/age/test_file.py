"""A whole file: round trips, every byte flipped, sizes, memory, and what must not be mixed."""

import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.age import (
    HybridIdentity,
    HybridRecipient,
    Identity,
    Recipient,
    ScryptIdentity,
    ScryptRecipient,
    X25519Identity,
    decrypt,
    encrypt,
    hybrid_header_size,
    sealed_size,
    strip_armor,
)
from portal.age.payload import CHUNK_BYTES, NONCE_BYTES
from portal.errors import AgeError, HeaderFailure, KeyFailure, NoMatch, PayloadFailure

HYBRID = HybridIdentity.from_seed(bytes(range(32)))
X25519 = X25519Identity.generate()
EDGES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 17]


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """`data` in pieces of these sizes over and over (zeros give empty pieces)."""
    position = 0
    while position < len(data):
        for size in sizes:
            yield data[position : position + size]
            position += size


def content(size: int) -> bytes:
    return (b"%08d" % size + bytes(range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize("size", EDGES)
@pytest.mark.parametrize(
    ("recipient", "identity"),
    [
        (HYBRID.recipient, HYBRID),
        (X25519.recipient, X25519),
        (ScryptRecipient("grüezi", 2), ScryptIdentity("grüezi".encode())),
    ],
    ids=["hybrid", "x25519", "scrypt"],
)
def test_round_trip(recipient: Recipient, identity: Identity, size: int) -> None:
    file = list(encrypt([recipient], [content(size)]))
    assert b"".join(decrypt([identity], file)) == content(size)
    # The header and the nonce, then one piece for each chunk.
    assert len(file) == 1 + max(1, -(-size // CHUNK_BYTES))


@settings(deadline=None, max_examples=60)
@given(
    size=st.one_of(st.sampled_from(EDGES), st.integers(0, 3 * CHUNK_BYTES)),
    sizes=st.lists(st.integers(0, 2 * CHUNK_BYTES), min_size=1, max_size=4).filter(any),
    other_sizes=st.lists(st.one_of(st.integers(0, 70), st.integers(0, 2 * CHUNK_BYTES)), min_size=1).filter(any),
)
def test_the_cutting_of_a_stream_does_not_matter(size: int, sizes: list[int], other_sizes: list[int]) -> None:
    file = b"".join(encrypt([HYBRID.recipient], cut(content(size), sizes)))
    assert len(file) == sealed_size(size, hybrid_header_size(1))
    assert b"".join(decrypt([HYBRID], cut(file, other_sizes))) == content(size)


def test_pieces_may_be_reused_buffers() -> None:
    def reused(data: bytes) -> Iterator[bytearray]:
        buffer = bytearray(1000)
        for start in range(0, len(data), 1000):
            part = data[start : start + 1000]
            buffer[: len(part)] = part
            yield buffer[: len(part)] if len(part) < 1000 else buffer

    plaintext = content(100_000)
    file = b"".join(encrypt([HYBRID.recipient], reused(plaintext)))
    assert b"".join(decrypt([HYBRID], reused(file))) == plaintext
    assert b"".join(decrypt([HYBRID], [memoryview(file)])) == plaintext


@pytest.mark.parametrize("recipients", [1, 2, 7])
def test_sizes_are_known_before(recipients: int) -> None:
    keys = [HybridIdentity.generate().recipient for _ in range(recipients)]
    for size in EDGES:
        file = b"".join(encrypt(keys, [content(size)]))
        assert len(file) == sealed_size(size, hybrid_header_size(recipients))
        assert file.index(b"\n---") + 49 == hybrid_header_size(recipients)


def test_each_recipient_opens_the_file_and_nobody_else() -> None:
    identities = [HybridIdentity.generate() for _ in range(3)]
    file = list(encrypt([identity.recipient for identity in identities], [b"for three"]))
    for identity in identities:
        assert b"".join(decrypt([X25519, HYBRID, identity], file)) == b"for three"
    for others in ([], [HYBRID], [X25519], [ScryptIdentity("x")]):
        with pytest.raises(NoMatch):
            decrypt(others, file)


def test_nothing_is_used_twice() -> None:
    first, second = (b"".join(encrypt([HYBRID.recipient], [b"the same"])) for _ in range(2))
    header = hybrid_header_size(1)
    assert first[header : header + NONCE_BYTES] != second[header : header + NONCE_BYTES]
    assert first[:header].split(b"\n")[1:] != second[:header].split(b"\n")[1:]
    assert first[-24:] != second[-24:]


def test_every_flipped_byte_fails() -> None:
    file = b"".join(encrypt([HYBRID.recipient], [b"small"]))
    for position in range(len(file)):
        for mask in (0x01, 0x20, 0x80):
            flipped = bytearray(file)
            flipped[position] ^= mask
            with pytest.raises(AgeError):
                b"".join(decrypt([HYBRID], [flipped]))


def test_every_cut_fails() -> None:
    file = b"".join(encrypt([HYBRID.recipient], [b"small"]))
    for length in range(len(file)):
        with pytest.raises(HeaderFailure if length < len(file) - 5 - 16 else PayloadFailure):
            b"".join(decrypt([HYBRID], [file[:length]]))


def test_a_chunk_comes_out_only_after_its_tag() -> None:
    plaintext = content(2 * CHUNK_BYTES + 10)
    file = bytearray(b"".join(encrypt([HYBRID.recipient], [plaintext])))
    file[hybrid_header_size(1) + NONCE_BYTES + CHUNK_BYTES + 16 + 5] ^= 1
    chunks = decrypt([HYBRID], [file])
    assert next(chunks) == plaintext[:CHUNK_BYTES]
    with pytest.raises(PayloadFailure):
        next(chunks)
    assert list(chunks) == []


def test_chunks_cannot_be_swapped_repeated_or_left_out() -> None:
    header, *chunks = encrypt([HYBRID.recipient], [content(3 * CHUNK_BYTES)])
    for order in ([1, 0, 2], [0, 2], [0, 0, 1, 2], [0, 1], [2], [0, 1, 2, 2]):
        with pytest.raises(PayloadFailure):
            b"".join(decrypt([HYBRID], [header, *(chunks[number] for number in order)]))


def test_the_header_is_checked_before_the_call_returns() -> None:
    asked_for = []

    def file(data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), 100):
            asked_for.append(start)
            yield data[start : start + 100]

    data = b"".join(encrypt([HYBRID.recipient], [content(CHUNK_BYTES)]))
    decrypt([HYBRID], file(data))
    assert asked_for[-1] <= hybrid_header_size(1) + NONCE_BYTES
    with pytest.raises(NoMatch):
        decrypt([X25519], file(data))


def test_encryption_does_not_run_ahead() -> None:
    asked_for = []

    def plaintext() -> Iterator[bytes]:
        for number in range(10):
            asked_for.append(number)
            yield bytes(CHUNK_BYTES)

    file = encrypt([HYBRID.recipient], plaintext())
    assert asked_for == []
    next(file)
    next(file)
    # One chunk ahead: only then is it known that the chunk is not the last.
    assert asked_for == [0, 1]


@pytest.mark.parametrize("direction", ["encrypt", "decrypt"])
def test_memory_is_constant(direction: str) -> None:
    megabytes = 32

    def plaintext() -> Iterator[bytes]:
        for _ in range(megabytes * 16):
            yield bytes(CHUNK_BYTES)

    file = encrypt([HYBRID.recipient], plaintext())
    if direction == "encrypt":
        next(file)
        stream = file
    else:
        stream = decrypt([HYBRID], file)
    total = 0
    tracemalloc.start()
    try:
        for piece in stream:
            total += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total >= megabytes * 1024 * 1024
    assert peak < 10 * CHUNK_BYTES


@pytest.mark.parametrize(
    "recipients",
    [
        [],
        [ScryptRecipient("a", 1), ScryptRecipient("b", 1)],
        [ScryptRecipient("a", 1), HYBRID.recipient],
        [HYBRID.recipient, X25519.recipient],
    ],
    ids=["none", "two passphrases", "passphrase and recipient", "hybrid and classical"],
)
def test_recipients_that_cannot_be_mixed(recipients: list[Recipient]) -> None:
    with pytest.raises(KeyFailure):
        encrypt(recipients, [b""])


def test_a_passphrase_beside_a_recipient_is_refused_for_every_identity() -> None:
    """Whoever holds the recipient's identity must not be told either that the file is sound."""
    from portal.age.header import Header

    file_key = bytes(16)
    stanzas = [ScryptRecipient("a", 1).wrap(file_key), HYBRID.recipient.wrap(file_key)]
    file = bytes(Header.build(stanzas, file_key)) + bytes(64)
    for identities in ([], [HYBRID], [ScryptIdentity("a")]):
        with pytest.raises(HeaderFailure, match="scrypt"):
            decrypt(identities, [file])


START = b"".join(encrypt([HYBRID.recipient], [b"hello"]))


@settings(deadline=None, max_examples=300)
@given(
    start=st.sampled_from(
        [b"", b"age-encryption.org/v1\n", START[:30], START[:1600], START[:1700], b"-----BEGIN AGE "]
    ),
    rest=st.one_of(st.binary(max_size=300), st.text("-> X25519scrypt1\n A/+=", max_size=300).map(str.encode)),
)
def test_whatever_comes_in_only_age_errors_come_out(start: bytes, rest: bytes) -> None:
    keys = [HYBRID, X25519, ScryptIdentity("x", max_work_factor=2)]
    for pieces in ([start + rest], [start, rest]):
        with suppress(AgeError):
            b"".join(decrypt(keys, strip_armor(pieces)))


def test_recipients_are_values() -> None:
    recipient = HYBRID.recipient
    again = HybridRecipient.parse(str(recipient))
    assert again == recipient == HybridRecipient.from_bytes(bytes(recipient))
    assert len({again, recipient}) == 1
    assert again != HybridIdentity.generate().recipient
    assert again != X25519.recipient
    assert HYBRID.recipient is recipient
