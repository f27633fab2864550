"""Files of recipients and identities."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.age import HybridIdentity, X25519Identity, bech32, parse_identities, parse_recipients
from portal.errors import KeyFailure

HYBRID = HybridIdentity.from_seed(bytes(range(32)))
X25519 = X25519Identity.generate()


def test_recipients_of_a_file() -> None:
    text = f"# desk police, 2 keys\r\n{HYBRID.recipient}\r\n\r\n  {X25519.recipient}  \n#{HYBRID.recipient}"
    assert parse_recipients(text) == [HYBRID.recipient, X25519.recipient]


def test_identities_of_a_file() -> None:
    text = f"# created by nobody\n# public key: {HYBRID.recipient}\n{HYBRID}\n\n{X25519}"
    assert [str(identity) for identity in parse_identities(text)] == [str(HYBRID), str(X25519)]


@pytest.mark.parametrize(
    "line",
    [
        "age1",
        "age1pq1",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI",
        "AGE-PLUGIN-YUBIKEY-1XXXXX",
        "AGE-SECRET-KEY-1",
        str(HYBRID.recipient)[:-1],
        f"{HYBRID.recipient} # comment",
        str(HYBRID).lower(),
        str(HYBRID)[:-1] + "é",
        "\ud800",
        "1",
    ],
    ids=lambda line: ascii(line[:20]),
)
def test_a_wrong_line_is_named_by_its_number_only(line: str) -> None:
    for parse in (parse_recipients, parse_identities):
        with pytest.raises(KeyFailure) as caught:
            parse(f"# first\n\n{line}\n")
        assert str(caught.value).startswith("Line 3: ")
        assert len(line) < 20 or line[20:] not in str(caught.value)


def test_lines_are_those_of_an_editor() -> None:
    with pytest.raises(KeyFailure, match=r"^Line 2: "):
        parse_recipients("# a form feed \x0c, a line separator \u2028, a next line \x85\nwrong")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing here\n"])
def test_a_file_without_keys(text: str) -> None:
    for parse in (parse_recipients, parse_identities):
        with pytest.raises(KeyFailure, match="There is no "):
            parse(text)


@given(st.binary(max_size=300), st.sampled_from(["age1pq", "AGE-SECRET-KEY-"]))
def test_bech32_round_trip(data: bytes, prefix: str) -> None:
    text = bech32.encode(prefix, data)
    assert text.startswith(prefix + "1")
    assert text in (text.lower(), text.upper())
    assert bech32.decode(prefix, text, len(data)) == data


@given(st.data())
def test_bech32_finds_every_changed_character(data: st.DataObject) -> None:
    text = str(HYBRID)
    position = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters().filter(lambda other: other.upper() != text[position]))
    with pytest.raises(KeyFailure):
        HybridIdentity.parse(text[:position] + character + text[position + 1 :])


@pytest.mark.parametrize(
    ("prefix", "size", "text"),
    [("a", 0, "a12uel5l"), ("A", 0, "A12UEL5L"), ("split", 48 * 5 // 8, None)],
)
def test_bech32_examples_of_bip_173(prefix: str, size: int, text: str | None) -> None:
    text = text or "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"
    data = bech32.decode(prefix, text, size)
    assert bech32.encode(prefix, data) == text


@pytest.mark.parametrize("letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
def test_bech32_whatever_its_last_letter(letter: str) -> None:
    data = base64.b32decode("AAAAAAA" + letter)
    assert bech32.decode("test", bech32.encode("test", data), len(data)) == data


def test_the_table_of_bech32_is_what_its_generator_gives() -> None:
    """The table is made when the module is loaded; BIP 173 gives the remainders of the single bits."""
    assert [bech32._remainder(1 << bit) for bit in range(5)] == [
        0x3B6A57B2,
        0x26508E6D,
        0x1EA119FA,
        0x3D4233DD,
        0x2A1462B3,
    ]
    assert tuple(map(bech32._remainder, range(32))) == bech32._REMAINDERS
