"""Seeded changes of known inputs: bytes flipped, cut out, doubled, exchanged for others, two inputs joined."""

import random
from collections.abc import Iterator, Sequence

_WORDS = (
    b"\0",
    b"\r\n",
    b"\n",
    b"--",
    b"=",
    b"&",
    b"%",
    b'"',
    b";",
    b" ",
    b"\xff",
    b"\xc0\xaf",
    b"0",
    b"-1",
    b"{",
    b"]",
)
_LARGEST = 70_000


def changed(inputs: Sequence[bytes], seed: int, count: int) -> Iterator[bytes]:
    """`count` inputs that follow from `inputs` and `seed` alone, each at most 70,000 bytes."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(inputs))
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            _change(data, inputs, chance)
        yield bytes(data[:_LARGEST])


def _change(data: bytearray, inputs: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    size = chance.choice((1, 1, 2, 4, 16, 512))
    match chance.randrange(6):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            del data[at : at + size]
        case 2:
            data[at:at] = data[at : at + size]
        case 3:
            data[at : at + chance.randrange(3)] = chance.choice(_WORDS)
        case 4:
            data[at : at + size] = chance.randbytes(min(size, 16))
        case _:
            other = chance.choice(inputs)
            data[at:] = other[chance.randrange(len(other) + 1) :]
