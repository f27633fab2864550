"""The grammar and the limits of the header."""

from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.age import Stanza, limits
from portal.age.header import Header, Reader
from portal.errors import HeaderFailure, HMACFailure

KEY = bytes(range(16))
VCHAR = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=80)
STANZAS = st.lists(
    st.builds(Stanza, st.lists(VCHAR, min_size=1, max_size=4).map(tuple), st.binary(max_size=200)),
    min_size=1,
    max_size=5,
)
VERSION = b"age-encryption.org/v1\n"
STANZA = b"-> X25519 abc\nAAAA\n"
MAC = b"--- " + b"A" * 43 + b"\n"


@given(STANZAS)
def test_what_is_built_reads_back(stanzas: list[Stanza]) -> None:
    header = Header.build(stanzas, KEY)
    reader = Reader([bytes(header), b"rest"])
    again = Header.read(reader)
    assert again == header
    assert b"".join(reader.rest()) == b"rest"
    again.verify(KEY)
    with pytest.raises(HMACFailure):
        again.verify(bytes(16))


@settings(max_examples=200)
@given(STANZAS, st.data())
def test_what_reads_encodes_to_the_same_bytes(stanzas: list[Stanza], data: st.DataObject) -> None:
    """Also after a change: whatever is still accepted has one encoding only."""
    encoded = bytearray(bytes(Header.build(stanzas, KEY)))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position : position + data.draw(st.integers(0, 2))] = data.draw(
        st.one_of(st.binary(max_size=2), st.sampled_from([b"\n", b"=", b" ", b"\r\n", b"A", b"\n\n", b"-> a\n\n"]))
    )
    reader = Reader([encoded])
    try:
        header = Header.read(reader)
    except HeaderFailure:
        return
    rest = b"".join(reader.rest())
    assert bytes(header) + rest == encoded
    assert Header.build(header.stanzas, KEY).covered == header.covered


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\n",
        b"age-encryption.org/v1",
        b"age-encryption.org/v2\n" + STANZA + MAC,
        b"\xef\xbb\xbf" + VERSION + STANZA + MAC,
        b" " + VERSION + STANZA + MAC,
        VERSION,
        VERSION + MAC,
        VERSION + STANZA,
        VERSION + STANZA + MAC[:-1],
        VERSION + STANZA + MAC[:-2] + b"\n",
        VERSION + STANZA + MAC[:-2] + b"B\n",
        VERSION + STANZA + MAC[:-1] + b"=\n",
        VERSION + STANZA + MAC[:-1] + b"\r\n",
        VERSION + STANZA + b"---" + MAC[4:],
        VERSION + STANZA + b"---  " + MAC[4:],
        VERSION + STANZA + b"\n" + MAC,
        VERSION + b"->\nAAAA\n" + MAC,
        VERSION + b"-> \nAAAA\n" + MAC,
        VERSION + b"->X25519\nAAAA\n" + MAC,
        VERSION + b"-> X25519  a\nAAAA\n" + MAC,
        VERSION + b"-> X25519 \nAAAA\n" + MAC,
        VERSION + b"-> X25519\ta\nAAAA\n" + MAC,
        VERSION + "-> X25519 é\nAAAA\n".encode() + MAC,
        VERSION + b"-> X25519 \x7f\nAAAA\n" + MAC,
        VERSION + b"-> X25519 a\n" + b"A" * 64 + b"\n" + MAC,
        VERSION + b"-> X25519 a\n" + b"A" * 65 + b"\n" + MAC,
        VERSION + b"-> X25519 a\n" + b"A" * 68 + b"\n" + MAC,
        VERSION + b"-> X25519 a\nAAAA\nAAAA\n" + MAC,
        VERSION + b"-> X25519 a\nA\n" + MAC,
        VERSION + b"-> X25519 a\nAB\n" + MAC,
        VERSION + b"-> X25519 a\nAA==\n" + MAC,
        VERSION + b"-> X25519 a\nAA-_\n" + MAC,
        VERSION + b"-> X25519 a\nAA A\n" + MAC,
    ],
)
def test_headers_that_break_the_grammar(header: bytes) -> None:
    with pytest.raises(HeaderFailure):
        Header.read(Reader([header]))


@pytest.mark.parametrize("body", [0, 1, 47, 48, 49, 95, 96, 97])
def test_a_body_ends_with_a_short_line(body: int) -> None:
    lines = bytes(Stanza(("a",), bytes(body))).split(b"\n")[1:-1]
    assert [len(line) for line in lines[:-1]] == [64] * (body // 48)
    assert len(lines[-1]) == -(-(body % 48) * 8 // 6)


def endless(start: bytes, unit: bytes, seen: list[int]) -> Iterator[bytes]:
    for piece in chain([start], repeat(unit)):
        seen[0] += len(piece)
        yield piece


@pytest.mark.parametrize("unit", [b"A" * 1000, b"-> a\n\n", b"-> " + b"a" * 5000 + b"\n\n", b"A" * 64 + b"\n"], ids=len)
def test_an_endless_header_is_given_up(unit: bytes) -> None:
    start = VERSION if unit.startswith(b"->") else VERSION + b"-> a\n"
    seen = [0]
    with pytest.raises(HeaderFailure):
        Header.read(Reader(endless(start, unit, seen)))
    assert seen[0] <= limits.HEADER_BYTES + len(unit) + 1


@pytest.mark.parametrize("pieces", [[b"a" * 10, b"\n"], [b"a" * 5, b"a" * 5 + b"\n"], [b"a" * 10 + b"\n"]])
def test_a_line_may_be_as_long_as_its_limit_and_no_longer(pieces: list[bytes]) -> None:
    reader = Reader([*pieces, b"rest"])
    assert reader.line(10) == b"a" * 10
    assert b"".join(reader.rest()) == b"rest"
    with pytest.raises(HeaderFailure, match="longer than any"):
        Reader(pieces).line(9)


def test_limits_are_as_documented() -> None:
    def read(stanza: bytes, count: int) -> Header:
        return Header.read(Reader([VERSION, stanza * count, MAC]))

    assert len(read(b"-> a\n\n", limits.HEADER_STANZAS).stanzas) == limits.HEADER_STANZAS
    with pytest.raises(HeaderFailure, match=str(limits.HEADER_STANZAS)):
        read(b"-> a\n\n", limits.HEADER_STANZAS + 1)
    longest = b"-> " + b"a" * (limits.HEADER_LINE_BYTES - 3)
    assert read(longest + b"\n\n", 1).stanzas[0].type == "a" * (limits.HEADER_LINE_BYTES - 3)
    with pytest.raises(HeaderFailure):
        read(longest + b"a\n\n", 1)
    hybrid = b"-> mlkem768x25519 " + b"A" * 1494 + b"\n" + b"A" * 43 + b"\n"
    assert len(read(hybrid, 160).stanzas) == 160
    with pytest.raises(HeaderFailure):
        read(hybrid, limits.HEADER_BYTES // len(hybrid) + 1)
