"""multipart/form-data (RFC 7578) as a bomb, as a riddle, and as two things at once."""

from tests.attacked.attack import (
    BOUNDARY,
    CANARY,
    LAST,
    REPORT,
    TRAVEL,
    TRAVEL_PARTS,
    attack,
    field,
    multipart,
    part,
    post,
)

_NAMED = b'Content-Disposition: form-data; name="x"'
_FILE = b'Content-Disposition: form-data; name="attachment"; filename="%b"'


def _with(*parts: bytes) -> bytes:
    """A report that is accepted, with more parts."""
    return multipart(TRAVEL_PARTS, *parts)


def _file(name: str, kind: str = "image/jpeg") -> bytes:
    front = _FILE % name.encode("utf-8", "surrogateescape")
    return part(front + b"\r\nContent-Type: " + kind.encode("latin-1"), b"content")


def _typed(kind: str, body: bytes = TRAVEL_PARTS + LAST) -> bytes:
    """The good form under another type."""
    return post(TRAVEL, body, kind=kind)


def _renamed(name: str, parameters: str) -> bytes:
    """The good form, but that one field's name comes in another way."""
    old = f'name="{name}"'.encode()
    return multipart(TRAVEL_PARTS.replace(old, parameters.encode("latin-1")))


ATTACKS = [
    attack("100,000 parts", lambda: multipart(field("x", "y") * 100_000), 413),
    attack("100,000 files", lambda: multipart(_file("x") * 100_000), 413),
    attack("100,000 empty parts", lambda: multipart(part(_NAMED, b"") * 100_000), 413),
    attack("100,000 delimiters", lambda: multipart(b"--" + BOUNDARY.encode() + b"\r\n", *[b"\r\n--"] * 100_000), 413),
    attack("994 more parts", lambda: _with(field("x", "y") * 994), 200),
    attack("996 more parts", lambda: _with(field("x", "y") * 996), 413),
    attack("1,000 values of one field", lambda: multipart(TRAVEL_PARTS, field("keep_from", CANARY) * 900), 400),
    attack("a text of 300,000 bytes", lambda: _with(field("x", "x" * 300_000)), 413),
    attack("a name of 300,000 bytes", lambda: _with(field("x" * 300_000, "x")), 413),
    attack("a header of 9,000 bytes", _with(part(_NAMED + b"\r\nX: " + b"x" * 9_000, b"y")), 413),
    attack("1,000 headers", _with(part(_NAMED + b"".join(b"\r\nX%d: y" % n for n in range(1_000)), b"y")), 413),
    attack(
        "headers that do not end", lambda: multipart(TRAVEL_PARTS, b"--" + BOUNDARY.encode() + b"\r\nX: y" * 9_999), 413
    ),
    attack("a preamble of a million bytes", lambda: multipart(b"x" * 1_000_000 + b"\r\n", TRAVEL_PARTS), 200),
    attack("an epilogue of a million bytes", lambda: multipart(TRAVEL_PARTS, end=LAST + b"x" * 1_000_000), 200),
    attack("an epilogue with parts", multipart(TRAVEL_PARTS, end=LAST + field("narrative", "x") + LAST), 200),
    attack("no end", multipart(TRAVEL_PARTS, end=b""), 400),
    attack("half an end", multipart(TRAVEL_PARTS, end=b"--" + BOUNDARY.encode() + b"-"), 400),
    attack("an end within a line", multipart(TRAVEL_PARTS, end=b"x" + LAST), 400),
    attack("an end without its line break", multipart(TRAVEL_PARTS, end=LAST[:-2]), 200),
    attack(
        "a blank behind the delimiter",
        multipart(TRAVEL_PARTS.replace(BOUNDARY.encode() + b"\r\n", BOUNDARY.encode() + b" \r\n")),
        400,
    ),
    attack("nothing", multipart(end=b""), 400),
    attack("an end and nothing else", multipart(), 403),
    attack("lines end in LF", multipart(TRAVEL_PARTS.replace(b"\r\n", b"\n"), end=LAST.replace(b"\r\n", b"\n")), 400),
    attack("half the lines end in LF", multipart(TRAVEL_PARTS.replace(b"\r\n\r\n", b"\n\n")), 400),
    attack(
        "boundary of 70 signs",
        post(
            TRAVEL,
            TRAVEL_PARTS.replace(BOUNDARY.encode(), b"x" * 70) + b"--" + b"x" * 70 + b"--",
            kind="multipart/form-data; boundary=" + "x" * 70,
        ),
        200,
    ),
    attack("boundary of 71 signs", _typed("multipart/form-data; boundary=" + "x" * 71), 400),
    attack("boundary of 10,000 signs", _typed("multipart/form-data; boundary=" + "x" * 10_000), 400),
    attack("no boundary", _typed("multipart/form-data"), 400),
    attack("an empty boundary", _typed("multipart/form-data; boundary="), 400),
    attack("an empty boundary in quotes", _typed('multipart/form-data; boundary=""'), 400),
    attack("a boundary of a blank", _typed('multipart/form-data; boundary=" "'), 400),
    attack("a boundary in quotes", _typed(f'multipart/form-data; boundary="{BOUNDARY}"'), 200),
    attack("a boundary that is a word", _typed(f"multipart/form-data; boundary={CANARY}"), 400),
    attack("a boundary that is no ASCII", _typed("multipart/form-data; boundary=\xff\xfe"), 400),
    attack("two boundaries", _typed(f"multipart/form-data; boundary={BOUNDARY}; boundary=other"), 400),
    attack("two boundaries, ours second", _typed(f"multipart/form-data; boundary=other; boundary={BOUNDARY}"), 200),
    attack("a boundary in pieces", _typed("multipart/form-data; boundary*0=----kanari; boundary*1=vogel"), 200),
    attack("a boundary that is coded", _typed("multipart/form-data; boundary*=utf-8''----kanarivogel"), 200),
    attack("a boundary that begins another", multipart(TRAVEL_PARTS, field("x", f"\r\n--{BOUNDARY[:-1]}\r\n")), 200),
    attack("a boundary that another begins", multipart(TRAVEL_PARTS, field("x", f"\r\n--{BOUNDARY}x\r\n")), 400),
    attack("a boundary of hyphens", post(TRAVEL, b"-" * 1_000_000, kind="multipart/form-data; boundary=--------"), 403),
    attack("60,000 almost-delimiters", lambda: multipart(field("x", ""), b"\r\n------kanarivoge" * 60_000), 413),
    attack(
        "one almost-delimiter in a file of many", lambda: _with(_file("x")[:-9] + b"\r\n--" * 100_000 + b"\r\n"), 200
    ),
    attack(
        "nested", _with(part(_NAMED + b"\r\nContent-Type: multipart/mixed; boundary=B", b"--B\r\n\r\nx\r\n--B--")), 200
    ),
    attack(
        "nested in itself",
        _with(part(_NAMED + b"\r\nContent-Type: multipart/form-data; boundary=" + BOUNDARY.encode(), b"x")),
        200,
    ),
    attack(
        "nested 1,000 deep",
        _with(
            field(
                "x",
                b"".join(
                    b"--B%d\r\nContent-Type: multipart/mixed; boundary=B%d\r\n\r\n" % (n, n + 1) for n in range(1_000)
                ),
            )
        ),
        200,
    ),
    attack("no disposition", _with(part(b"X: y", "z")), 400),
    attack("no header", _with(part(b"", "z")), 400),
    attack("no header and no empty line", _with(b"--" + BOUNDARY.encode() + b"\r\n"), 400),
    attack("no name", _with(part(b"Content-Disposition: form-data", "z")), 400),
    attack("an empty name", _with(part(b'Content-Disposition: form-data; name=""', "z")), 200),
    attack("another disposition", _with(part(b'Content-Disposition: attachment; name="x"', "z")), 400),
    attack("two dispositions", _with(part(_NAMED + b"\r\n" + _NAMED, "z")), 400),
    attack("a header without a colon", _with(part(_NAMED + b"\r\nkanari", "z")), 400),
    attack("a folded header", _with(part(b"Content-Disposition: form-data;\r\n name=x", "z")), 400),
    attack("a NUL in a name", _with(field("x\0y", "z")), 200),
    attack("a CR in a name", _with(field("x\ry", "z")), 200),
    attack("a LF in a name", _with(field("x\ny", "z")), 200),
    attack("a quote in a name", _with(part(b'Content-Disposition: form-data; name="x\\"y"', "z")), 200),
    attack("a name that does not end", _with(part(b'Content-Disposition: form-data; name="x', "z")), 400),
    attack(
        "8,000 backslashes in a name", _with(part(b'Content-Disposition: form-data; name="' + b"\\" * 8_000, "z")), 400
    ),
    attack("8,000 semicolons", _with(part(b"Content-Disposition: form-data" + b";" * 8_000 + b"name=x", "z")), 200),
    attack("1,000 parameters", _with(part(_NAMED + b"".join(b"; p%d=x" % n for n in range(800)), "z")), 200),
    attack("a name in pieces", _with(part(b"Content-Disposition: form-data; name*0=x; name*1=y", "z")), 200),
    attack("a name in 10^9 pieces", _with(part(b"Content-Disposition: form-data; name*999999999=x", "z")), 200),
    attack(
        "a name in pieces numbered with 5,000 digits",
        _with(part(b"Content-Disposition: form-data; name*" + b"9" * 5_000 + b"=x", "z")),
        200,
    ),
    attack("a name in another charset", _with(part(b"Content-Disposition: form-data; name*=utf-7''+AHg-", "z")), 200),
    attack(
        "a name in a charset that is none", _with(part(b"Content-Disposition: form-data; name*=kanari''%ff", "z")), 200
    ),
    attack(
        "a name in a charset that is a codec", _with(part(b"Content-Disposition: form-data; name*=zlib''%ff", "z")), 200
    ),
    attack(
        "a name in UTF-8 that is none", _with(part(b"Content-Disposition: form-data; name*=utf-8''%ff%fe", "z")), 200
    ),
    attack("the token by an extended name", _renamed("csrf_token", "name*=utf-8''csrf_token"), 200),
    attack("a word as a name", _with(field(CANARY, "z")), 200),
    attack("a word as a field's value", multipart(TRAVEL_PARTS, field("country", CANARY), field("city", CANARY)), 200),
    attack(
        "a word as a country", multipart(TRAVEL_PARTS.replace(b"\r\nTH\r\n", b"\r\n" + CANARY.encode() + b"\r\n")), 400
    ),
    attack("a word as a file's name", _with(_file(CANARY.replace('"', "%22"))), 200),
    attack("a file's name with a NUL", _with(_file("x\0.jpg")), 200),
    attack("a file's name with a line break", _with(_file("x\ry\nz")), 200),
    attack(
        "a file's name that goes up", _with(_file("../../../etc/passwd"), _file("..\\..\\boot.ini"), _file("..")), 200
    ),
    attack("a file's name of 8,000 bytes", _with(_file("x" * 8_000)), 200),
    attack("a file's name that is no UTF-8", _with(_file("\udcff\udcfe")), 200),
    attack("a file's name of overlong UTF-8", _with(_file("\udcc0\udcaf\udcc0\udcae")), 200),
    attack("a file's name that turns around", _with(_file("\u202egpj.exe")), 200),
    attack("a file's name without letters", _with(_file("\u200b\u200b")), 200),
    attack("a file's type that is a word", _with(_file("x", CANARY)), 200),
    attack("a file's type of 8,000 bytes", _with(_file("x", "a/" + "b" * 7_900)), 200),
    attack("a file in base64", _with(part(_FILE % b"x" + b"\r\nContent-Transfer-Encoding: base64", "a2FuYXJp")), 200),
    attack("a file compressed", _with(part(_FILE % b"x" + b"\r\nContent-Encoding: gzip", b"\x1f\x8b\x08")), 200),
    attack("a part that says its length", _with(part(_NAMED + b"\r\nContent-Length: 999999999", "z")), 200),
    attack("20 files", _with(*[_file(str(n)) for n in range(20)]), 200),
    attack("21 files", _with(*[_file(str(n)) for n in range(21)]), 400),
    attack("a file where none is taken", multipart(TRAVEL_PARTS, _file("x"), target=REPORT), 400),
    attack("a file instead of the text", _renamed("narrative", 'name="narrative"; filename="x"'), 400),
    attack("a file instead of the token", _renamed("csrf_token", 'name="csrf_token"; filename="x"'), 403),
    attack("a file instead of the ticket", _renamed("ticket", 'name="ticket"; filename="x"'), 403),
    attack("a text instead of a file", _with(field("attachment", CANARY)), 200),
    attack("a charset for all", _with(field("_charset_", "utf-7")), 200),
    attack(
        "UTF-7",
        _with(part(_NAMED + b"\r\nContent-Type: text/plain; charset=utf-7", b"kanari+ADwAIgAnACYAPg-vogel")),
        200,
    ),
    attack(
        "UTF-16", _with(part(_NAMED + b"\r\nContent-Type: text/plain; charset=utf-16", CANARY.encode("utf-16"))), 200
    ),
    attack("a charset that is none", _with(part(_NAMED + b"\r\nContent-Type: text/plain; charset=kanari", b"z")), 200),
    attack("mixed", _typed(f"multipart/mixed; boundary={BOUNDARY}"), 403),
    attack("related", _typed(f"multipart/related; boundary={BOUNDARY}"), 403),
    attack("in capitals", _typed(f"MULTIPART/FORM-DATA; BOUNDARY={BOUNDARY}"), 200),
    attack("two types", _typed(f"multipart/form-data; boundary={BOUNDARY}, text/plain"), 200),
]
