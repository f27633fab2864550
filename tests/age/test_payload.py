"""The chunks of a payload, whatever pieces its plaintext comes in."""

import random

import pytest

from portal.age.payload import CHUNK_BYTES, open_, seal

KEY = bytes(range(32))
PLAINTEXT = random.Random(1).randbytes(3 * CHUNK_BYTES + 100)
WHOLE = list(map(bytes, seal(KEY, [PLAINTEXT])))


@pytest.mark.parametrize(
    "first", [0, 1, 2, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES]
)
@pytest.mark.parametrize("second", [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
def test_pieces_of_any_size_keep_their_order(first: int, second: int) -> None:
    pieces = [PLAINTEXT[:first], PLAINTEXT[first : first + second], PLAINTEXT[first + second :]]
    assert list(map(bytes, seal(KEY, pieces))) == WHOLE
    sealed = b"".join(WHOLE)
    pieces = [sealed[:first], sealed[first : first + second], sealed[first + second :]]
    assert b"".join(open_(KEY, pieces)) == PLAINTEXT
