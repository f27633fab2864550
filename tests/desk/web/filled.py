"""A desk into which two reports came through the page, and what tests ask of it."""

from portal.desk import cases, custody
from portal.desk.cases import Answer
from portal.desk.session import working
from tests.desk.played import PlayedPortal
from tests.desk.web.visiting import Opened, Visitor
from tests.web.browser import Page

EVIL = '<script>alert(1)</script> http://evil.example/x \u202e \x1b[31m "quoted" & more'
FILE = b"\xff\xd8\xff\xe0 not really a picture"


def import_(visitor: Visitor, portal: PlayedPortal) -> Page:
    key = portal.keys.public_key
    from portal.desk.portals import words

    values = {
        "path": str(portal.export()),
        "portal-key": key.to_base64().decode(),
        "portal-words": " ".join(words(key).split()[:3]),
    }
    return visitor.done(visitor.submit(visitor.get("/import").form("/import"), values))


def urgent(visitor: Visitor) -> str:
    with working(visitor.opened.door.place, visitor.opened.door.keyring()) as desk:
        return next(case.name for case in cases.listed(desk.casebook) if case.urgent)


def acts(opened: Opened) -> list[str]:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return [record.entry.act for record in custody.records(desk.casebook)]


def answers(opened: Opened, name: str) -> list[Answer]:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return cases.answers(desk.casebook, cases.find(desk.casebook, name))
