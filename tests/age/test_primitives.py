"""What the parts of the format are made of."""

import pytest

from portal.age.primitives import decode_base64, encode_base64


@pytest.mark.parametrize(
    ("data", "text"), [(b"", ""), (b"\0", "AA"), (b"\0\0", "AAA"), (b"\0\0\x17", "AAAX"), (b"\x5d\x70\0", "XXAA")]
)
def test_base64_has_no_padding_and_loses_no_letter(data: bytes, text: str) -> None:
    assert encode_base64(data) == text
    assert decode_base64(text) == data


@pytest.mark.parametrize("text", ["AAAAA", "A", "AB", "AA=", "AA==", "AAA\n", "AA-_", " AA"])
def test_anything_else_is_refused_and_why(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not (canonical )?base64$"):
        decode_base64(text)
