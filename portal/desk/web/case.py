"""One case: what was reported, what was done, and what can be done next."""

from flask import Blueprint, Response, current_app

from portal.desk import cases, custody
from portal.desk.session import Desk
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
    entries = thread(cases.messages(casebook, case), cases.answers(casebook, case), [], channels, "en")
    history = list(custody.records(casebook, case.name))
    return page("case", case=case, entries=entries, history=history, channels=channels)
