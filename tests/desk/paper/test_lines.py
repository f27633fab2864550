"""What is printed can be typed back, and a wrong line is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.age import HybridIdentity
from portal.desk.paper import lines
from portal.errors import PaperError

IDENTITY = HybridIdentity.from_seed(bytes(range(32)))
PRINTED = """\
1   QQQS YQCY Q5RQ WZQF   7D
2   PG9S CRGW PUGP ZYSN   DN
3   ZS23 V9CC RYDP K8QA   8V
4   RC0S 5DYV QQ          Q3"""
"""Frozen: papers lie in safes for years."""


def same(text: str) -> bool:
    return str(lines.read(text)) == str(IDENTITY)


def test_frozen() -> None:
    assert lines.as_text(IDENTITY) == PRINTED
    assert same(PRINTED)


@given(st.binary(min_size=32, max_size=32))
def test_every_identity_comes_back(seed: bytes) -> None:
    identity = HybridIdentity.from_seed(seed)
    assert str(lines.read(lines.as_text(identity))) == str(identity)


@pytest.mark.parametrize(
    "typed",
    [
        PRINTED.lower(),
        PRINTED.replace(" ", ""),
        "\n\n" + PRINTED.replace("\n", "\r\n\r\n") + "\n",
        "\n".join(line[4:] for line in PRINTED.splitlines()),
        "\n".join(line[4:].replace(" ", "-") for line in PRINTED.splitlines()),
        "\n".join(f" {line[0]}) {line[4:]}" for line in PRINTED.splitlines()),
        "AGE-SECRET-KEY-PQ-1\n" + PRINTED,
        "# from the safe\n" + PRINTED,
        "".join(line[4:] for line in PRINTED.splitlines()),
        " ".join(line[4:] for line in PRINTED.splitlines()).lower(),
        PRINTED.replace("0", "O").replace("8", "B").replace("L", "1"),
        PRINTED.replace("0", "o"),
        PRINTED.replace("7D", "7D\u00fc"),
        str(IDENTITY),
        f"# created: 2026-11-30\n{IDENTITY}\n",
    ],
)
def test_people_type_in_their_own_way(typed: str) -> None:
    assert same(typed)


def test_a_line_that_begins_with_its_own_number() -> None:
    """What looks like a number is part of it where only then its check is right."""
    seed = next(
        bytes(10) + bytes([n]) + bytes(21)
        for n in range(256)
        if _second(bytes(10) + bytes([n]) + bytes(21)).startswith("2")
    )
    identity = HybridIdentity.from_seed(seed)
    rows = lines.as_text(identity).splitlines()
    for second in (rows[1], rows[1][4:], "2 " + rows[1][5:], rows[1][4:].replace(" ", "")):
        assert str(lines.read("\n".join([rows[0], second, *rows[2:]]))) == str(identity)


def _second(seed: bytes) -> str:
    return lines.write(HybridIdentity.from_seed(seed))[1][0]


def test_every_wrong_letter_is_found_and_its_line_named() -> None:
    rows = PRINTED.splitlines()
    for number, row in enumerate(rows, 1):
        for place in range(4, len(row)):
            if row[place] == " ":
                continue
            wrong = "Q" if row[place] != "Q" else "P"
            changed = [*rows[: number - 1], row[:place] + wrong + row[place + 1 :], *rows[number:]]
            with pytest.raises(PaperError, match=f"Line {number} is not as on the paper"):
                lines.read("\n".join(changed))


def test_two_lines_exchanged() -> None:
    one, two, *rest = PRINTED.splitlines()
    with pytest.raises(PaperError, match="Line 1 is not as on the paper"):
        lines.read("\n".join([two[4:], one[4:], *rest]))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "0 lines were typed, and the paper has 4"),
        ("\n".join(PRINTED.splitlines()[:3]), "3 lines were typed"),
        (PRINTED[:-1], "Line 4 has 11 letters, and on the paper 12"),
        (PRINTED.replace("CRGW", "CRGWW"), "Line 2 has 19 letters, and on the paper 18"),
    ],
)
def test_what_is_not_the_paper(typed: str, says: str) -> None:
    with pytest.raises(PaperError, match=says):
        lines.read(typed)


def test_lines_of_two_papers() -> None:
    """Each line is right; together they are no key."""
    other = lines.as_text(HybridIdentity.from_seed(bytes(32))).splitlines()
    mixed = [*PRINTED.splitlines()[:2], *other[2:]]
    with pytest.raises(PaperError, match="from one paper"):
        lines.read("\n".join(mixed))


def test_no_message_has_a_letter_of_it() -> None:
    for typed in ("\n".join(["QQQS YQCY Q5RQ WZQF 7Q", *PRINTED.splitlines()[1:]]), str(IDENTITY)[:-1], PRINTED[:40]):
        with pytest.raises(PaperError) as found:
            lines.read(typed)
        assert "QQQS" not in str(found.value)
        assert found.value.__cause__ is None
