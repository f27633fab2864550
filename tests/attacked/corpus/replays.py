"""Tickets, proofs and capsules again, changed, and where they do not belong: another cookie, another day, another page.

A ticket is bound to its cookie by the receipt that both make (docs/format.md section 14), so one that was taken from
another visitor files a report of the thief's own, and shows the thief's own words. What must not happen is that the
other's words are shown: the checker looks for them in every answer.
"""

from tests.attacked.attack import CODED, MAILBOX, REPORT, TRAVEL, attack, form, post

MESSAGE, DELETE = "/en/mailbox/message", "/en/mailbox/delete"


def _file(ticket: str, target: str = REPORT, **changes: str | None) -> bytes:
    return post(target, form(ticket=ticket, **changes))


def _confirm(ticket: str, proof: str, cookie: str = "{cookie}", token: str = "{token}") -> bytes:
    return post(REPORT, f"csrf_token={token}&ticket={ticket}&filed={proof}&word=kanari", cookie=cookie)


def _look(capsule: str, cookie: str = "{cookie}", token: str = "{token}") -> bytes:
    return post(MAILBOX, f"csrf_token={token}&capsule={capsule}", cookie=cookie)


def _write(capsule: str, message: str = CODED, cookie: str = "{cookie}", token: str = "{token}") -> bytes:
    return post(MESSAGE, f"csrf_token={token}&capsule={capsule}&about=other&message={message}", cookie=cookie)


def _delete(capsule: str, reply: str = "0" * 32) -> bytes:
    return post(DELETE, f"csrf_token={{token}}&capsule={capsule}&reply={reply}")


_THIEF = {"cookie": "{other_cookie}", "token": "{other_token}"}

ATTACKS = [
    attack("a report again", _file("{filed_ticket}", narrative="filed"), 200),
    attack("another report with a used ticket", _file("{filed_ticket}"), 200),
    attack("a report on another page", post(TRAVEL, form(country="TH")), 200),
    attack("a report in another language", _file("{ticket}", "/fr/report/other"), 200),
    attack("another visitor's ticket", _file("{other_ticket}"), 200),
    attack("another visitor's used ticket", _file("{other_filed_ticket}", narrative="filed"), 200),
    attack("yesterday's ticket", _file("{yesterdays_ticket}"), 200),
    attack("a ticket of three days ago", _file("{old_ticket}"), 403),
    attack("tomorrow's ticket", _file("{future_ticket}"), 403),
    attack("no ticket", _file(""), 403),
    attack("no field for it", post(REPORT, form(ticket=None)), 403),
    attack("a word as the ticket", _file(CODED), 403),
    attack("a ticket with a letter more", _file("{ticket}A"), 403),
    attack("a ticket with another first letter", _file("{ticket}").replace(b"ticket=", b"ticket=A"), 403),
    attack("a ticket that pads", _file("{ticket}%3d%3d"), 403),
    attack("a ticket and a blank", _file("{ticket}+"), 403),
    attack("a ticket and a NUL", _file("{ticket}%00"), 403),
    attack("a ticket of 100,000 letters", lambda: _file("A" * 100_000), 403),
    attack("a ticket that is no ASCII", _file("%c3%a4%e2%82%ac%f0%9f%98%80"), 403),
    attack("a ticket of zeros", _file("A" * 90), 403),
    attack("two tickets, the first one wrong", post(REPORT, "ticket=x&" + form()), 403),
    attack("two tickets, the second one wrong", post(REPORT, form() + "&ticket=x"), 200),
    attack("a capsule as the ticket", _file("{capsule}"), 403),
    attack("a proof as the ticket", _file("{proof}"), 403),
    attack("a token as the ticket", _file("{token}"), 403),
    attack("the words as the ticket", _file("{words+}"), 403),
    attack("a proof", _confirm("{filed_ticket}", "{proof}"), 400),
    attack("a proof of another ticket", _confirm("{ticket}", "{proof}"), 403),
    attack("another visitor's proof", _confirm("{other_filed_ticket}", "{other_proof}"), 403),
    attack("our proof, another visitor's ticket", _confirm("{other_filed_ticket}", "{proof}"), 403),
    attack("our proof by another visitor", _confirm("{filed_ticket}", "{proof}", **_THIEF), 403),
    attack("our proof without its token", _confirm("{filed_ticket}", "{proof}", token=""), 200),
    attack("no proof", _confirm("{filed_ticket}", ""), 403),
    attack("a word as the proof", _confirm("{filed_ticket}", CODED), 403),
    attack("a ticket as the proof", _confirm("{filed_ticket}", "{filed_ticket}"), 403),
    attack("a proof of 100,000 letters", lambda: _confirm("{filed_ticket}", "A" * 100_000), 403),
    attack("a capsule", _look("{capsule}"), 200),
    attack("another visitor's capsule", _look("{other_capsule}"), 403),
    attack("our capsule by another visitor", _look("{capsule}", **_THIEF), 403),
    attack("our capsule by nobody", _look("{capsule}", cookie="{nobody}"), 403),
    attack("a capsule of three days ago", _look("{old_capsule}"), 403),
    attack("yesterday's capsule", _look("{yesterdays_capsule}"), 403),
    attack("tomorrow's capsule", _look("{future_capsule}"), 403),
    attack("a ticket as the capsule", _look("{ticket}"), 403),
    attack("a word as the capsule", _look(CODED), 403),
    attack("no capsule", _look(""), 403),
    attack("a capsule with a letter more", _look("{capsule}A"), 403),
    attack("a capsule of 100,000 letters", lambda: _look("A" * 100_000), 403),
    attack("a capsule that is no ASCII", _look("%c3%a4%e2%82%ac"), 403),
    attack("a capsule as the receipt", post(MAILBOX, "csrf_token={token}&receipt={capsule}"), 400),
    attack("a ticket as the receipt", post(MAILBOX, "csrf_token={token}&receipt={ticket}"), 400),
    attack(
        "a receipt and a capsule", post(MAILBOX, "csrf_token={token}&receipt={words+}&capsule={other_capsule}"), 200
    ),
    attack("a message", _write("{capsule}"), 200),
    attack("a message again", _write("{capsule}"), 200),
    attack("a message with another's capsule", _write("{other_capsule}"), 403),
    attack("a message by another visitor", _write("{capsule}", **_THIEF), 403),
    attack("a message without a capsule", _write(""), 403),
    attack("a message of nothing", _write("{capsule}", ""), 400),
    attack("a message of 24,001 bytes", lambda: _write("{capsule}", "x" * 24_001), 400),
    attack("a message of 200,000 quotes", lambda: _write("{capsule}", "%22" * 200_000), 400, long=True),
    attack(
        "a message about a word",
        post(MESSAGE, f"csrf_token={{token}}&capsule={{capsule}}&about={CODED}&message=x"),
        400,
    ),
    attack(
        "a message kept from words",
        post(
            MESSAGE, f"csrf_token={{token}}&capsule={{capsule}}&about=other&message=x&keep_from={CODED}&keep_from=../x"
        ),
        200,
    ),
    attack(
        "a message with nobody to read it",
        post(MESSAGE, "csrf_token={token}&capsule={capsule}&about=other&message=x&keep_from=ecpat&keep_from=police"),
        400,
    ),
    attack("a deletion of nothing", _delete("{capsule}"), 200),
    attack("a deletion of a word", _delete("{capsule}", CODED), 200),
    attack("a deletion of everything", _delete("{capsule}", "%25"), 200),
    attack(
        "a deletion of 900 answers", lambda: _delete("{capsule}", "&reply=".join(f"{n:032x}" for n in range(900))), 200
    ),
    attack(
        "a deletion of 40,000 answers",
        lambda: _delete("{capsule}", "&reply=".join("0" * 32 for _ in range(40_000))),
        413,
    ),
    attack("a deletion with another's capsule", _delete("{other_capsule}"), 403),
    attack("a deletion without a capsule", _delete(""), 403),
    attack("a deletion with a capsule of another day", _delete("{old_capsule}"), 403),
]
