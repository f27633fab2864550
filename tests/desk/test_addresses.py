"""Two ways to write one page are one address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.desk import addresses

ONION = "a" * 56 + ".onion"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("HTTPS://www.Bad.Example:443/a/../b/?utm_source=1&z=2&a=1#x", "bad.example/b?a=1&z=2"),
        ("hxxp://bad[.]example/a/", "bad.example/a"),
        ("bad.example", "bad.example"),
        ("bad.example:8080/x", "bad.example:8080/x"),
        ("user:word@bad.example", None),
        ("http://user:word@bad.example/", "bad.example"),
        ("https://bücher.example/ä", "xn--bcher-kva.example/%C3%A4"),
        ("http://bad.example/%7Euser/%2f", "bad.example/~user/%2F"),
        ("http://bad.example/?fbclid=1", "bad.example"),
        ("http://1.2.3.4/x", "1.2.3.4/x"),
        (ONION, ONION),
        ("magnet:?dn=x&xt=urn:btih:ABC123", "magnet:btih:abc123"),
        ("seen in a group", None),
        ("word", None),
        ("mailto:a@bad.example", None),
        ("javascript:alert(1).x", None),
        ("http://[::1", None),
        ("http://bad.example:99999/", None),
        ("http://" + "a" * 300 + ".example", None),
    ],
)
def test_normal_form(written: str, normal: str | None) -> None:
    address = addresses.parse(written)
    assert (str(address) if address else None) == normal


def test_in_running_text_only_what_is_beyond_doubt() -> None:
    text = f"See (https://www.bad.example/a), www.worse.example/b. Or {ONION}/c; not a.word, me@www.mail.example, 1.2.3"
    assert [str(address) for address in addresses.in_text(text)] == ["bad.example/a", "worse.example/b", f"{ONION}/c"]


@given(st.text() | st.from_regex(r"(https?://)?[a-zA-Z0-9.:@\[\]%ß-]{1,40}(/[^\s]{0,20})?(\?[^\s]{0,20})?"))
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    address = addresses.parse(text)
    if address is not None:
        assert addresses.parse(str(address)) == address
    for found in addresses.in_text(text):
        assert addresses.parse(str(found)) == found
