"""Headers: huge, many, or asking for what no page does: ranges, other encodings, other languages, other cookies."""

from tests.attacked.attack import (
    BOUNDARY,
    CANARY,
    CODED,
    LAST,
    MAILBOX,
    REPORT,
    TRAVEL,
    TRAVEL_PARTS,
    attack,
    form,
    get,
    post,
    request,
)

_GZIP = bytes.fromhex("1f8b0800000000000203edc1010d000000c2a0f74f6d0e37a00000000000000000beb8")


def _language(value: str) -> bytes:
    return get("/", f"Accept-Language: {value}")


def _cookie(*values: str) -> bytes:
    return post(REPORT, form(), *[f"Cookie: {value}" for value in values], cookie="")


def _expect(value: str, body: str = "") -> bytes:
    length = len(body) or 5
    return request("POST", MAILBOX, f"Expect: {value}", f"Content-Length: {length}", body=body)


ATTACKS = [
    attack("one of 15,000 bytes", get("/en/", "X: " + "x" * 15_000), 200),
    attack("one of 17,000 bytes", get("/en/", "X: " + "x" * 17_000), 431),
    attack("one of 1,000,000 bytes", lambda: get("/en/", "X: " + "x" * 1_000_000), 431),
    attack("1,500 of them", get("/en/", *(f"X-{n}: kanari" for n in range(1_500))), 431),
    attack("500 of them", get("/en/", *(f"X-{n}: kanari" for n in range(500))), 200),
    attack("the same 800 times", get("/en/", *["X: kanari"] * 800), 200),
    attack("1,000,000 of them", lambda: get("/en/", *["X: y"] * 1_000_000), 431),
    attack("a long name", get("/en/", "x" * 10_000 + ": y"), 200),
    attack("blanks", get("/en/", "X:" + " " * 10_000 + "y"), 400),
    attack("a range", get("/en/", "Range: bytes=0-9"), 200),
    attack("a range behind the end", get("/en/", "Range: bytes=9999999-"), 200),
    attack("1,000 ranges", get("/en/", "Range: bytes=" + ",".join(f"{n}-{n}" for n in range(1_000))), 200),
    attack("a range that is none", get("/en/", f"Range: {CANARY}", f"If-Range: {CANARY}"), 200),
    attack("not since", get("/en/", "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT"), 200),
    attack("not since a day that is none", get("/en/", "If-Modified-Since: Fri, 99 Foo 0000 99:99:99 GMT"), 200),
    attack("if nothing matches", get("/en/", "If-None-Match: *"), 200),
    attack("if something matches", get("/en/", 'If-Match: "kanari"'), 200),
    attack("compressed", get("/en/", "Accept-Encoding: gzip, deflate, br, zstd"), 200),
    attack("in no encoding at all", get("/en/", "Accept-Encoding: identity;q=0, *;q=0"), 200),
    attack("as an image", get("/en/", "Accept: image/png"), 200),
    attack("as a word", get("/en/", f"Accept: {CANARY}", f"Accept-Charset: {CANARY}"), 200),
    attack("in a language that is a word", _language(CANARY), 200),
    attack("in 1,500 languages", _language(",".join(f"x{n}" for n in range(1_500))), 200),
    attack("in 4,000 languages", _language("a," * 4_000), 200),
    attack("in a language of quality nan", _language("fr;q=nan, de;q=0.1"), 200),
    attack("in a language of quality inf", _language("fr;q=inf, de;q=-inf"), 200),
    attack("in a language of quality 1e999", _language("fr;q=1e999"), 200),
    attack("in a language of quality -1", _language("fr;q=-1"), 200),
    attack("in a language of 5,000 digits", _language("fr;q=0." + "1" * 5_000), 200),
    attack("in a language with hyphens", _language("-" * 10_000), 200),
    attack("in a language of semicolons", _language(";" * 10_000), 200),
    attack("in a language that is no ASCII", _language("\xff\xfe;q=\xb2"), 200),
    attack("in any language", _language("*"), 200),
    attack("in none", _language("*;q=0"), 200),
    attack("to stay", get("/en/", "Connection: keep-alive", "Keep-Alive: timeout=99999999"), 200),
    attack("to close and to stay", get("/en/", "Connection: keep-alive, close"), 200),
    attack("to close a word", get("/en/", f"Connection: {CANARY}"), 200),
    attack("to drop the host", get("/en/", "Connection: Host"), 200),
    attack("to close 3,000 times", get("/en/", "Connection: " + "close," * 2_000), 200),
    attack("trailers", get("/en/", "TE: trailers, deflate;q=0.5"), 200),
    attack("another Expect", _expect(CANARY, "hello"), 403),
    attack("Expect with its body", _expect("100-continue", "hello"), 100, 403),
    attack("Expect in HTTP/1.0", _expect("100-continue", "hello").replace(b"HTTP/1.1", b"HTTP/1.0"), 403),
    attack("Expect and no body", _expect("100-continue"), 100),
    attack("Expect and too much", request("POST", TRAVEL, "Expect: 100-continue", "Content-Length: 999999999999"), 413),
    attack(
        "Expect of a chunked body",
        request("POST", MAILBOX, "Expect: 100-continue", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
        100,
        403,
    ),
    attack("Expect of a page", get("/en/", "Expect: 100-continue"), 200),
    attack("a login", get("/en/", "Authorization: Basic a2FuYXJpOnZvZ2Vs", f"Proxy-Authorization: {CANARY}"), 200),
    attack("a cookie that is ours, and quotes", _cookie('c="{cookie}"'), 200),
    attack("a cookie that is a word", _cookie(f"c={CANARY}"), 403),
    attack("a cookie that is coded", _cookie(f"c={CODED}"), 403),
    attack("a cookie without a value", _cookie("c="), 403),
    attack("a cookie without a name", _cookie("={cookie}"), 403),
    attack("a cookie of 15,000 bytes", _cookie("c=" + "x" * 15_000), 403),
    attack("a cookie one byte too long", _cookie("c={cookie}A"), 403),
    attack("a cookie one byte too short", _cookie("c=" + "A" * 42), 403),
    attack("a cookie that pads", _cookie("c={cookie}="), 403),
    attack("a cookie that is no ASCII", _cookie("c=\xff\xfe\xfd"), 403),
    attack("a cookie with octal escapes", _cookie('c="\\303\\050\\000\\012"'), 403),
    attack("2,000 cookies", _cookie("; ".join(f"c{n}=x" for n in range(1_500))), 403),
    attack("1,000 semicolons", _cookie(";" * 1_000), 403),
    attack("two cookies of one name", _cookie("c={cookie}; c={other_cookie}"), 200),
    attack("two of one name, ours second", _cookie("c={other_cookie}; c={cookie}"), 403),
    attack("two headers with cookies", _cookie("c={cookie}", "d=x"), 403),
    attack("attributes of a cookie", _cookie("$Version=1; c={cookie}; $Path=/; Domain=kanari; Secure"), 200),
    attack("a session of Flask's", _cookie("session=eyJhIjoxfQ.aaaa.bbbb"), 403),
    attack("gzip", post(REPORT, _GZIP, "Content-Encoding: gzip"), 403),
    attack("gzip of gzip", post(REPORT, _GZIP, "Content-Encoding: gzip, gzip"), 403),
    attack("a form that says gzip and is none", post(REPORT, form(), "Content-Encoding: gzip"), 200),
    attack(
        "files that say gzip",
        post(TRAVEL, TRAVEL_PARTS + LAST, "Content-Encoding: gzip", kind=f"multipart/form-data; boundary={BOUNDARY}"),
        200,
    ),
    attack("brotli", post(REPORT, b"\x8b\x02\x80kanari\x03", "Content-Encoding: br"), 403),
]
