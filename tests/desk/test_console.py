import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.desk import console

HOSTILE = "\x1b]0;title\x07\x9b31m\u202egnp.exe\u2066\u200b\x7f\ufeff\u2028\U000e0041\ue000"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, ü, 日本, שלום", "plain, é, ü, 日本, שלום"),
        ("a\x1b[2Jb", "a<U+001B>[2Jb"),
        ("\x9b31m", "<U+009B>31m"),
        ("photo\u202egpj.exe", "photo<U+202E>gpj.exe"),
        ("a\rb\nc\td", "a<U+000D>b<U+000A>c<U+0009>d"),
        ("a\u2028b\u2029c\x85d", "a<U+2028>b<U+2029>c<U+0085>d"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\U000e0041\ufeff\u00ad", "<U+E0041><U+FEFF><U+00AD>"),
        ("\ud800", "<U+D800>"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert console.line(text) == shown


def test_several_lines() -> None:
    assert console.lines("a\tb\n\x1bc\r\n") == "a    b\n<U+001B>c<U+000D>\n"


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("see http://bad.example/a.html?x=1.", "see hxxp://bad[.]example/a[.]html?x=1."),
        ("HTTPS://Bad.Example", "HXXPS://Bad[.]Example"),
        ("ftp://10.0.0.1/x", "ftp[:]//10[.]0[.]0[.]1/x"),
        ("www.bad.example or bad.onion", "www[.]bad[.]example or bad[.]onion"),
        ("write to ab.cd@bad.example", "write to ab[.]cd@bad[.]example"),
        ("javascript://x", "javascript[:]//x"),
        ("bücher.example/é", "bücher[.]example/é"),
        ("End. Of 3.50 euros at 12.30", "End. Of 3.50 euros at 12.30"),
        ("http://http://a.bc", "hxxp://hxxp://a[.]bc"),
        ("http:\u200b//bad.example", "http:\u200b//bad[.]example"),
    ],
)
def test_addresses_are_inert(text: str, inert: str) -> None:
    assert console.defang(text) == inert


@given(st.text() | st.text(alphabet=HOSTILE + "a.:/ht p\n"))
def test_nothing_drives_a_terminal(text: str) -> None:
    for shown in (console.reporters(text), console.reporters_line(text)):
        categories = {unicodedata.category(c) for c in shown if c not in "\n\u200c\u200d"}
        assert not categories & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        assert "http://" not in shown
    assert "\n" not in console.reporters_line(text)


@settings(max_examples=30)
@given(st.recursive(st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner)))
def test_json_is_ascii_and_whole(value: object) -> None:
    text = console.as_json(value)
    assert json.loads(text) == value
    assert all(c == "\n" or " " <= c < "\x7f" for c in text)


def test_a_table_is_aligned() -> None:
    assert console.table([("ID", "", "X"), ("1", "URGENT", "y")]) == "ID          X\n1   URGENT  y"
