"""ASCII armor: one encoding, two line ends, whitespace only outside."""

import tracemalloc
from collections.abc import Iterator
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.age import armor, dearmor, limits, strip_armor
from portal.errors import ArmorFailure

BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
END = b"-----END AGE ENCRYPTED FILE-----\n"
FULL = b"A" * 64 + b"\n"


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        for size in sizes:
            yield data[position : position + size]
            position += size


CUTS = st.lists(st.integers(0, 200), min_size=1, max_size=4).filter(any)


@given(data=st.binary(max_size=400), cuts=CUTS, other_cuts=CUTS, line_end=st.sampled_from([b"\n", b"\r\n"]))
def test_round_trip(data: bytes, cuts: list[int], other_cuts: list[int], line_end: bytes) -> None:
    text = b"".join(armor(cut(data, cuts)))
    lines = text.split(b"\n")
    assert lines[0] + b"\n" == BEGIN
    assert lines[-2:] == [END[:-1], b""]
    assert all(len(line) == 64 for line in lines[1:-3])
    text = text.replace(b"\n", line_end)
    assert b"".join(dearmor(cut(text, other_cuts))) == data
    assert b"".join(strip_armor(cut(b" \r\n" + text + b"\n\t", other_cuts))) == data


@pytest.mark.parametrize("size", [0, 1, 47, 48, 49, 96, 48 * 1024, 48 * 1024 + 1, 200_000])
def test_round_trip_of_edges(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert b"".join(dearmor(armor([data[:size]]))) == data[:size]


@given(data=st.binary(max_size=150), position=st.integers(0, 400), change=st.binary(max_size=3))
def test_what_is_read_has_one_encoding(data: bytes, position: int, change: bytes) -> None:
    text = b"".join(armor([data]))
    changed = text[:position] + change + text[position + len(change) :]
    try:
        again = b"".join(dearmor([changed]))
    except ArmorFailure:
        return
    assert b"".join(armor([again])) == changed.strip(b" \t\r\n").replace(b"\r\n", b"\n") + b"\n"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        BEGIN,
        BEGIN + b"AAAA\n",
        BEGIN + b"AAAA",
        END,
        BEGIN[:-1] + b" \n" + b"AAAA\n" + END,
        BEGIN.lower() + b"AAAA\n" + END,
        BEGIN.replace(b"FILE", b"KEY") + b"AAAA\n" + END,
        b"x\n" + BEGIN + b"AAAA\n" + END,
        BEGIN + b"AAAA\n" + END + b"x",
        BEGIN + b"AAAA\n" + END[:-1] + b"x\n",
        BEGIN + b"AAAA\n" + END + BEGIN + b"AAAA\n" + END,
        BEGIN + b"AAAA" + END,
        BEGIN + b"\n" + END,
        BEGIN + b"\nAAAA\n" + END,
        BEGIN + b"AAAA\n\n" + END,
        BEGIN + b" AAAA\n" + END,
        BEGIN + b"AAAA \n" + END,
        BEGIN + b"AAAA\r\r\n" + END,
        BEGIN + b"AA\rAA\n" + END,
        BEGIN + b"AAAA\nAAAA\n" + END,
        BEGIN + FULL[1:] + FULL + END,
        BEGIN + b"A" * 68 + b"\n" + END,
        BEGIN + b"A" * 62 + b"==\n" + b"AAAA\n" + END,
        BEGIN + b"AA==AAAA\n" + END,
        BEGIN + b"AAA\n" + END,
        BEGIN + b"AAB=\n" + END,
        BEGIN + b"AA=\n" + END,
        BEGIN + b"AAAA=\n" + END,
        BEGIN + b"AAAA====\n" + END,
        BEGIN + b"AA-_\n" + END,
        BEGIN + b"Comment: x\n\nAAAA\n" + END,
        BEGIN + b"AAAA\n=olXx\n" + END,
        b"\x00" + BEGIN + b"AAAA\n" + END,
        b"\x0b" + BEGIN + b"AAAA\n" + END,
        BEGIN + b"AAAA\n" + END + b"\x0b\n",
        b" " * (limits.ARMOR_WHITESPACE_BYTES + 1) + BEGIN + b"AAAA\n" + END,
        BEGIN + b"AAAA\n" + END + b"\n" * (limits.ARMOR_WHITESPACE_BYTES + 1),
    ],
)
def test_armor_that_is_not_strict(text: bytes) -> None:
    for pieces in ([text], [text[i : i + 1] for i in range(len(text))]):
        with pytest.raises(ArmorFailure):
            list(dearmor(pieces))


def test_a_full_last_line_may_be_padded() -> None:
    assert b"".join(dearmor([BEGIN + FULL + b"A" * 62 + b"==\n" + END])) == bytes(48 + 46)


@pytest.mark.parametrize("first", [1, 47, 48, 49, 95, 1024 * 48 + 1])
def test_armor_is_the_same_whatever_pieces_it_is_made_of(first: int) -> None:
    data = bytes(range(251)) * 300
    assert b"".join(armor([data[:first], data[first:]])) == b"".join(armor([data]))


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
def test_the_last_line_may_end_in_any_way(end: bytes) -> None:
    assert b"".join(dearmor([BEGIN + b"AAAA\n" + END.rstrip(b"\n") + end])) == bytes(3)


def test_whitespace_outside_is_allowed_up_to_its_limit() -> None:
    space = b" \t\r\n" * (limits.ARMOR_WHITESPACE_BYTES // 4)
    assert b"".join(dearmor([space + BEGIN + b"AAAA\n" + END + space[:-1]])) == bytes(3)


@pytest.mark.parametrize(
    ("start", "unit"),
    [(b"", b" " * 100), (BEGIN, b"A" * 1000), (BEGIN + END, b"\n" * 100), (b"x", b"x" * 100)],
    ids=["whitespace before", "line", "whitespace after", "first line"],
)
def test_endless_armor_is_given_up(start: bytes, unit: bytes) -> None:
    def endless() -> Iterator[bytes]:
        yield start
        yield from repeat(unit)

    with pytest.raises(ArmorFailure):
        list(dearmor(endless()))


def test_nothing_comes_out_of_a_small_file_that_is_not_whole() -> None:
    for text in (BEGIN + FULL * 5, BEGIN + FULL * 500 + b"AAAA\n", BEGIN + FULL * 900 + END + b"x"):
        with pytest.raises(ArmorFailure):
            next(dearmor([text]))


def test_memory_is_constant() -> None:
    pieces = dearmor(armor(bytes(48 * 1024) for _ in range(200)))
    tracemalloc.start()
    try:
        total = sum(map(len, pieces))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 200 * 48 * 1024
    assert peak < 1024 * 1024


def test_a_binary_file_is_left_alone() -> None:
    file = [b"age-encr", b"yption.org/v1\n-----BEGIN", b"\x00" * 5000]
    assert b"".join(strip_armor(file)) == b"".join(file)


def test_whitespace_after_the_end_has_its_limit_to_the_byte() -> None:
    # The line break of the last line counts, and so does the one that would end the whitespace.
    room = limits.ARMOR_WHITESPACE_BYTES - 2
    text = BEGIN + b"QQ==\n" + END
    assert b"".join(dearmor([text + b" " * room])) == b"A"
    with pytest.raises(ArmorFailure):
        list(dearmor([text + b" " * (room + 1)]))


@pytest.mark.parametrize("short", [b"QQ==\n", b"QUE=\n", b"QUFB\n"])
def test_a_line_after_a_short_one_is_refused_though_it_comes_later(short: bytes) -> None:
    with pytest.raises(ArmorFailure, match="not full"):
        list(dearmor([BEGIN + short, FULL + END]))


def test_nothing_of_a_small_file_comes_out_before_its_end() -> None:
    opened = dearmor([BEGIN + FULL, FULL, FULL, b"!"])
    with pytest.raises(ArmorFailure):
        next(opened)
