"""Forms in other types and charsets, and texts that are no text."""

from tests.attacked.attack import CANARY, CODED, MAILBOX, REPORT, attack, form, post

_URLENCODED = "application/x-www-form-urlencoded"
_JSON = '{"csrf_token": "{token}", "ticket": "{ticket}", "narrative": "kanari"}'


def _typed(narrative: str | bytes, **changes: str | None) -> bytes:
    text = narrative if isinstance(narrative, str) else narrative.decode("latin-1")
    return post(REPORT, form(narrative=text, **changes).encode("latin-1"))


def _wrong(text: str) -> str:
    """A form that is given back: its narrative is `text`, and an answer is not offered."""
    return form(narrative=text, immediate_danger="kanari")


ATTACKS = [
    attack(
        "UTF-7",
        post(REPORT, form(narrative="kanari%2BADwAIgAnACYAPg-vogel"), kind=f"{_URLENCODED}; charset=utf-7"),
        200,
    ),
    attack(
        "UTF-7 given back",
        post(REPORT, _wrong("kanari%2BADwAIgAnACYAPg-vogel"), kind=f"{_URLENCODED}; charset=utf-7"),
        400,
    ),
    attack("UTF-16", post(REPORT, form().encode("utf-16"), kind=f"{_URLENCODED}; charset=utf-16"), 403),
    attack("UTF-32", post(REPORT, form().encode("utf-32"), kind=f"{_URLENCODED}; charset=utf-32"), 403),
    attack("a charset that is none", post(REPORT, form(), kind=f"{_URLENCODED}; charset=kanari"), 200),
    attack("a charset that is a codec", post(REPORT, form(), kind=f"{_URLENCODED}; charset=zlib"), 200),
    attack("a charset in a field", _typed("x", _charset_="utf-7"), 200),
    attack("EBCDIC", post(REPORT, form().encode("cp037"), kind=f"{_URLENCODED}; charset=cp037"), 403),
    attack("a byte order mark", post(REPORT, b"\xef\xbb\xbf" + form().encode()), 403),
    attack("overlong UTF-8", _typed("kanari%c0%bc%c0%a2%c0%a7%c0%a6%c0%bevogel"), 200),
    attack("overlong UTF-8 given back", post(REPORT, _wrong("kanari%c0%bc%c0%a2%c0%a7%c0%a6%c0%bevogel")), 400),
    attack("overlong UTF-8 of three bytes", post(REPORT, _wrong("kanari%e0%80%bc%e0%80%a2vogel")), 400),
    attack("raw bytes that are no UTF-8", _typed(b"\xff\xfe\x80kanari"), 200),
    attack("a surrogate", _typed("%ed%a0%80"), 200),
    attack("two surrogates", _typed("%ed%a0%bd%ed%b8%80"), 200),
    attack("beyond Unicode", _typed("%f4%90%80%80"), 200),
    attack("no character", _typed("%ef%bf%bf%ef%b7%90"), 200),
    attack("%u003c", post(REPORT, _wrong("kanari%u003c%u0022%u0027%u0026%u003evogel")), 400),
    attack("entities", post(REPORT, _wrong("kanari%26lt;%26quot;%26%23x27;%26amp;%26gt;vogel")), 400),
    attack("coded twice", post(REPORT, _wrong("kanari%253C%2522%2527%2526%253Evogel")), 400),
    attack("a NUL", _typed("kanari%00vogel"), 200),
    attack("nothing but NULs", _typed("%00%00%00"), 400),
    attack("a NUL in a name", _typed("x", **{"narrative%00": "y"}), 200),
    attack("control characters", _typed("".join(f"%{n:02x}" for n in range(32)) + "x"), 200),
    attack("a terminal's orders", _typed("%1b%5d0;kanari%07%1b%5b2J%9b%30%6d"), 200),
    attack("characters that turn around", _typed("%e2%80%ae%e2%81%a6kanari"), 200),
    attack("10,000 marks on one letter", _typed("a" + "%cc%81" * 10_000), 200),
    attack("one ligature that unfolds", _typed("%ef%b7%ba" * 7_000), 200),
    attack("a word", _typed(CODED), 200),
    attack("a word given back", post(REPORT, _wrong(CODED)), 400),
    attack("an attribute given back", post(REPORT, _wrong("%22+onfocus=alert(1)+autofocus+x=%22" + CODED)), 400),
    attack("a textarea's end given back", post(REPORT, _wrong("%3C/textarea%3E%3Cscript%3E" + CODED)), 400),
    attack("a comment's end given back", post(REPORT, _wrong("--%3E%3Cscript%3E" + CODED)), 400),
    attack("a template given back", post(REPORT, _wrong("%7B%7B7*7%7D%7D%7B%25+raw+%25%7D" + CODED)), 400),
    attack("a word in every field", _typed(CODED, institution=CODED, place=CODED, keep_from=CODED, contact=CODED), 400),
    attack("a word as a choice", _typed("x", subject=CODED), 400),
    attack("24,000 bytes", lambda: _typed("x" * 24_000), 200),
    attack("24,001 bytes", lambda: _typed("x" * 24_001), 400),
    attack("24,000 quotes", lambda: _typed("%22" * 24_000), 200),
    attack("24,000 quotes given back", lambda: post(REPORT, _wrong("%22" * 24_000)), 400, long=True),
    attack("200,000 quotes given back", lambda: post(REPORT, _wrong("%22" * 200_000)), 400, long=True),
    attack("24,000 line breaks", lambda: _typed("x" + "%0a" * 23_990 + "x"), 200),
    attack("260,000 bytes", lambda: _typed("x" * 270_000), 400, long=True),
    attack("800,000 bytes", lambda: _typed("x" * 800_000), 413),
    attack("1,001 fields", lambda: _typed("x", **{f"x{n}": "y" for n in range(1_000)}), 413),
    attack("100,000 fields", lambda: post(REPORT, "&x=y" * 100_000), 413),
    attack("200,000 ampersands", lambda: post(REPORT, "&" * 200_000 + form()), 413),
    attack("100,000 percent signs", lambda: _typed("%" * 20_000), 200),
    attack("a field twice", post(REPORT, form() + "&narrative=kanari"), 200),
    attack("every field twice", post(REPORT, form() + "&" + form()), 200),
    attack("a field without a value", post(REPORT, form() + "&city"), 200),
    attack("equals signs", post(REPORT, "=" * 10_000), 403),
    attack("a body without a type", post(REPORT, form()).replace(b"Content-Type", b"X-Type"), 403),
    attack("JSON", post(REPORT, _JSON, kind="application/json"), 403),
    attack(
        "XML",
        post(REPORT, f'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;{CANARY}</x>', kind="text/xml"),
        403,
    ),
    attack("a type that is a word", post(REPORT, form(), kind=CANARY), 403),
    attack("a type of 10,000 letters", post(REPORT, form(), kind="x/" + "y" * 10_000), 403),
    attack("a type of semicolons", post(REPORT, form(), kind="x/y" + ";" * 10_000), 403),
    attack("a type with pieces", post(REPORT, form(), kind=f"{_URLENCODED}; charset*999999999999=x"), 200),
    attack(
        "a type whose piece is no number",
        post(REPORT, form(), kind=f"{_URLENCODED}; charset*" + "9" * 5_000 + "=x"),
        200,
    ),
    attack("a receipt of words", post(MAILBOX, "csrf_token={token}&receipt=" + CODED), 400),
    attack("a receipt of eight words", post(MAILBOX, "csrf_token={token}&receipt=" + "+".join([CODED] * 4)), 400),
    attack("a receipt of 100,000 letters", lambda: post(MAILBOX, "csrf_token={token}&receipt=" + "x" * 100_000), 400),
    attack("a receipt of NULs", post(MAILBOX, "csrf_token={token}&receipt=%00%00"), 400),
    attack("a receipt of 100,000 marks", lambda: post(MAILBOX, "csrf_token={token}&receipt=" + "%cc%81" * 30_000), 400),
    attack("a receipt of other digits", post(MAILBOX, "csrf_token={token}&receipt=" + "+".join(["%d9%a1"] * 8)), 400),
    attack(
        "a receipt that almost is one",
        post(MAILBOX, "csrf_token={token}&receipt=zone+zone+hose+zone+zone+zone+zone+zone"),
        400,
    ),
]
