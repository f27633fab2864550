"""One case: what was reported, what was done, and what can be done next."""

from flask import Blueprint, Response, current_app

from portal.desk import cases, custody, sealing_away
from portal.desk.session import Desk
from portal.desk.web.caring import reading
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.desk.web.thread import thread

bp = Blueprint("case", __name__)


@bp.get("/case/<name>")
def show(name: str) -> Response:
    """The case called `name`."""
    with desk() as opened:
        return _page(opened, name)


def _page(opened: Desk, name: str) -> Response:
    casebook, channels = opened.casebook, current_app.extensions["channels"]
    case = cases.find(casebook, name)
    reading().read(opened, case.name)
    messages = cases.messages(casebook, case)
    entries = thread(messages, cases.answers(casebook, case), [], channels, "en")
    history = list(custody.records(casebook, case.name))
    return page(
        "case",
        case=case,
        entries=entries,
        history=history,
        channels=channels,
        away=sealing_away.by_number(opened, case),
        seal=sealing_away.is_advised(messages),
        is_break_due=reading().is_break_due(opened),
        read=reading().today(opened),
    )
