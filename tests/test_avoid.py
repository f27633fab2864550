"""The words that no receipt hands out: each is in its list, enough others stay, the stated cost is right."""

import math
import re
import unicodedata
from pathlib import Path

import pytest
from mnemonic import Mnemonic

FOLDER = Path(__file__).parents[1] / "portal"
LISTS = ["english", "french", "portuguese"]


def avoided(name: str) -> tuple[str, list[str]]:
    header, *words = (FOLDER / f"avoid-{name}.txt").read_text("utf-8").splitlines()
    return header, words


@pytest.mark.parametrize("name", LISTS)
def test_every_word_is_in_its_list(name: str):
    known = [unicodedata.normalize("NFC", word) for word in Mnemonic(name).wordlist]
    _, words = avoided(name)
    assert set(words) <= set(known)
    assert words == sorted(set(words), key=known.index)


@pytest.mark.parametrize("name", LISTS)
def test_more_than_85_percent_stay_and_the_cost_is_stated(name: str):
    header, words = avoided(name)
    kept = 2048 - len(words)
    assert kept / 2048 > 0.85
    assert 120 <= len(words) <= 260
    stated = re.search(r"^# (\d+) of .* (\d+) stay .* = (\d\.\d\d) bits\.$", header)
    assert stated is not None
    assert stated.groups() == (str(len(words)), str(kept), f"{8 * math.log2(2048 / kept):.2f}")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("english", ["abuse", "body", "child", "girl", "police", "victim", "hotel", "violin"]),
        ("french", ["caresser", "enfance", "honteux", "pénétrer", "sextuple", "violon"]),
        ("portuguese", ["nudez", "orgasmo", "vergonha", "traseiro", "policiar", "violeta"]),
    ],
)
def test_the_worst_are_avoided(name: str, words: list[str]):
    known = {unicodedata.normalize("NFC", word) for word in Mnemonic(name).wordlist}
    assert known & set(words) <= set(avoided(name)[1])
