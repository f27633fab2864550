import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tor.address import decode, encode
from tor.errors import AddressError

# Public services whose operators print these addresses.
KNOWN = (
    "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion",  # The Tor Project
    "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",  # DuckDuckGo
)

public_keys = st.binary(min_size=32, max_size=32).map(lambda seed: bytes(SigningKey(seed).verify_key))


def crafted(public_key: bytes, version: bytes = b"\x03") -> str:
    checksum = hashlib.sha3_256(b".onion checksum" + public_key + version).digest()[:2]
    return base64.b32encode(public_key + checksum + version).decode().lower() + ".onion"


@pytest.mark.parametrize("address", KNOWN)
def test_known_addresses_round_trip(address: str) -> None:
    assert encode(decode(address)) == address
    assert decode(address.upper()) == decode(address.removesuffix(".onion")) == decode(address)


@given(public_keys)
def test_a_key_comes_back(public_key: bytes) -> None:
    address = encode(public_key)
    assert len(address) == 62
    assert decode(address) == public_key


@given(st.text())
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        public_key = decode(text)
    except AddressError:
        return
    assert encode(public_key).startswith(text.lower().removesuffix(".onion"))


@pytest.mark.parametrize("position", range(56))
def test_each_changed_letter_is_noticed(position: int) -> None:
    address = KNOWN[0]
    other = "b" if address[position] != "b" else "c"
    with pytest.raises(AddressError):
        decode(address[:position] + other + address[position + 1 :])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "56 characters"),
        (KNOWN[0][1:], "56 characters"),
        ("expyuzz4wqqyqhjn.onion", "56 characters"),  # version 2
        ("www." + KNOWN[0], "56 characters"),
        ("1" + KNOWN[0][1:], "letters a to z"),
        ("é" + KNOWN[0][1:], "letters a to z"),
        ("=" * 8 + KNOWN[0][8:], "letters a to z"),
        (crafted(bytes(SigningKey(bytes(32)).verify_key), b"\x04"), "version 3"),
        (KNOWN[0].replace("2gz", "2ga"), "checksum"),
        # The checksum is right, but the key is the neutral element, a point of order 8, no point at all.
        (crafted(b"\x01" + bytes(31)), "not the public key"),
        (
            crafted(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
            "not the public key",
        ),
        (crafted(b"\x02" + bytes(31)), "not the public key"),
    ],
)
def test_what_is_wrong_is_said(address: str, words: str) -> None:
    with pytest.raises(AddressError, match=words):
        decode(address)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), b"\x02" + bytes(31)])
def test_only_a_public_key_becomes_an_address(key: bytes) -> None:
    with pytest.raises(AddressError):
        encode(key)
