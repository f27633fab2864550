"""Forms that another page had sent: only the token of the cookie counts, whatever the browser says of the origin."""

from tests.attacked.attack import (
    BOUNDARY,
    CANARY,
    LAST,
    MAILBOX,
    REPORT,
    TRAVEL,
    TRAVEL_PARTS,
    attack,
    field,
    form,
    multipart,
    post,
    request,
)

_MESSAGE = "csrf_token={token}&capsule={capsule}&about=other&message=kanari"
_DELETE = "csrf_token={token}&capsule={capsule}&reply=00000000000000000000000000000000"


def _refused(name: str, *headers: str, **changes: str | None) -> object:
    return attack(name, post(REPORT, form(**changes), *headers), 403)


ATTACKS = [
    attack("Origin null", post(REPORT, form(), "Origin: null"), 200),
    attack("no Origin", post(REPORT, form()), 200),
    attack("Origin ours", post(REPORT, form(), "Origin: http://{onion}"), 200),
    attack("another Origin and the token", post(REPORT, form(), f"Origin: http://{CANARY}"), 200),
    attack("another site and the token", post(REPORT, form(), "Sec-Fetch-Site: cross-site"), 200),
    *[
        attack(f"{name} and no token", post(REPORT, form(csrf_token=None), *headers), 403)
        for name, *headers in (
            ("nothing",),
            ("Origin null", "Origin: null"),
            ("Origin ours", "Origin: http://{onion}"),
            ("another Origin", "Origin: http://kanari.example"),
            ("a Referer of ours", "Referer: http://{onion}/en/report/other"),
            ("the same site", "Sec-Fetch-Site: same-origin"),
            ("asked by a script", "X-Requested-With: XMLHttpRequest"),
            ("the token in a header", "X-CSRFToken: {token}", "X-CSRF-Token: {token}"),
            ("the token in a cookie", "Cookie: csrf_token={token}"),
        )
    ],
    attack("the token in the query", post(REPORT + "?csrf_token={token}", form(csrf_token=None)), 403),
    attack("an empty token", post(REPORT, form(csrf_token="")), 403),
    attack("a token that is a word", post(REPORT, form(csrf_token=CANARY)), 403),
    attack("a token of 100,000 letters", lambda: post(REPORT, form(csrf_token="A" * 100_000)), 403),
    attack("a token that is no ASCII", post(REPORT, form(csrf_token="%c3%a4%c3%b6%e2%82%ac")), 403),
    attack("a token one letter short", post(REPORT, form(csrf_token="{token}").replace("{token}", "x{token}")), 403),
    attack("a token that pads", post(REPORT, form(csrf_token="{token}=")), 403),
    attack("a token and a line break", post(REPORT, form(csrf_token="{token}%0a")), 403),
    attack("another visitor's token", post(REPORT, form(csrf_token="{other_token}")), 403),
    attack("a ticket as the token", post(REPORT, form(csrf_token="{ticket}")), 403),
    attack("a cookie as the token", post(REPORT, form(csrf_token="{cookie}")), 403),
    attack("a proof as the token", post(REPORT, form(csrf_token="{proof}")), 403),
    attack("two tokens, the first one wrong", post(REPORT, "csrf_token=x&" + form()), 403),
    attack("two tokens, the second one wrong", post(REPORT, form() + "&csrf_token=x"), 200),
    attack("the token without its cookie", post(REPORT, form(), cookie=""), 403),
    attack("the token with another's cookie", post(REPORT, form(), cookie="{other_cookie}"), 403),
    attack("the token with nobody's cookie", post(REPORT, form(), cookie="{nobody}"), 403),
    attack("neither", post(REPORT, form(csrf_token=None), cookie=""), 403),
    attack("plain text", post(REPORT, form(), "Origin: null", kind="text/plain"), 403),
    attack("plain text that is JSON", post(REPORT, '{"csrf_token":"{token}","x":"=kanari"}', kind="text/plain"), 403),
    attack("no type", request("POST", REPORT, "Content-Length: {length}", "Cookie: c={cookie}", body=form()), 403),
    attack("files and no token", multipart(TRAVEL_PARTS.replace(b"{token}", b"")), 403),
    attack("files and another's token", multipart(TRAVEL_PARTS.replace(b"{token}", b"{other_token}")), 403),
    attack(
        "files without a cookie",
        post(TRAVEL, TRAVEL_PARTS + LAST, cookie="", kind=f"multipart/form-data; boundary={BOUNDARY}"),
        403,
    ),
    attack("files and two tokens", multipart(field("csrf_token", "x"), TRAVEL_PARTS), 403),
    attack("a mailbox without a token", post(MAILBOX, "receipt={words+}"), 403),
    attack("a mailbox and another's token", post(MAILBOX, "csrf_token={other_token}&receipt={words+}"), 403),
    attack("a message without a token", post("/en/mailbox/message", _MESSAGE.replace("{token}", "")), 403),
    attack("a deletion without a token", post("/en/mailbox/delete", _DELETE.replace("{token}", "")), 403),
    attack(
        "a deletion and another's token", post("/en/mailbox/delete", _DELETE.replace("{token}", "{other_token}")), 403
    ),
    attack("our address as a gateway writes it", post(REPORT, form(**{"our-address": "kanari.onion.example"})), 403),
]
