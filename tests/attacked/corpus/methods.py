"""Methods: those that no page has, and those that tell what they should not."""

from tests.attacked.attack import CANARY, CODED, MAILBOX, REPORT, attack, form, get, request


def _head(target: str, *headers: str) -> bytes:
    return request("HEAD", target, *headers)


ATTACKS = [
    attack("HEAD", _head(f"/en/?{CODED}"), 200, headless=True),
    attack("HEAD of a form", _head(REPORT), 200, headless=True),
    attack("HEAD of nothing", _head(f"/{CODED}"), 404, headless=True),
    attack("HEAD of a wrong host", _head("/en/").replace(b"{host}", b"kanari"), 400, headless=True),
    attack("HEAD of what is only sent", _head("/en/mailbox/delete"), 405, headless=True),
    attack("HEAD that cannot be read", _head("/en/", CANARY), 400),
    attack("HEAD with a body", request("HEAD", "/en/", "Content-Length: 5", body="hello"), 200, headless=True),
    attack("HEAD of a range", _head("/en/", "Range: bytes=0-9"), 200, headless=True),
    attack("OPTIONS", request("OPTIONS", "/en/"), 405),
    attack("OPTIONS of a form", request("OPTIONS", REPORT), 405),
    attack("OPTIONS of nothing", request("OPTIONS", f"/{CODED}"), 404),
    attack(
        "OPTIONS of another origin",
        request(
            "OPTIONS",
            REPORT,
            f"Origin: http://{CANARY}",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Private-Network: true",
        ),
        405,
    ),
    attack("TRACE", request("TRACE", "/en/", f"X-Secret: {CANARY}"), 405),
    attack("TRACE with a body", request("TRACE", "/en/", "Content-Length: 15", body=CANARY), 405),
    attack("TRACK", request("TRACK", "/en/"), 405),
    attack("DEBUG", request("DEBUG", "/en/", "Command: stop-debug"), 405),
    attack("PUT", request("PUT", REPORT, "Content-Length: 15", body=CANARY), 405),
    attack("PUT of nothing", request("PUT", "/shell.php", "Content-Length: 15", body=CANARY), 404),
    attack("DELETE", request("DELETE", MAILBOX), 405),
    attack("PATCH", request("PATCH", REPORT, "Content-Length: 2", body="{}"), 405),
    attack("PROPFIND", request("PROPFIND", "/en/", "Depth: infinity"), 405),
    attack("MOVE", request("MOVE", "/en/", f"Destination: /{CODED}"), 405),
    attack("PURGE", request("PURGE", "/en/"), 405),
    attack("a method of its own", request("KANARI", "/en/"), 405),
    attack("a method of signs", request("!#$%&'*+-.^_`|~", "/en/"), 405),
    attack("a method of 10,000 letters", request("X" * 10_000, "/en/"), 405),
    attack("a method with a word", request(CANARY, "/en/"), 400),
    attack("get", request("get", "/en/"), 400),
    attack("Post", request("Post", REPORT), 400),
    attack("GET of what is only sent", get("/en/mailbox/message"), 405),
    attack("GET of the deletion", get("/en/mailbox/delete"), 405),
    attack(
        "GET with a form",
        request(
            "GET",
            REPORT,
            "Content-Type: application/x-www-form-urlencoded",
            "Content-Length: {length}",
            "Cookie: c={cookie}",
            body=form(),
        ),
        200,
    ),
    attack("POST to a page", request("POST", "/en/", "Content-Length: 5", body="hello"), 405),
    attack("POST to a help page", request("POST", "/en/help/safety", "Content-Length: 5", body="hello"), 405),
    attack("POST to nothing", request("POST", f"/{CODED}", "Content-Length: 5", body="hello"), 404),
    attack("POST to the way out", request("POST", "/en/leave", "Content-Length: 5", body="hello"), 405),
    attack("POST without a length", request("POST", REPORT, "Cookie: c={cookie}"), 403),
]
