"""One case: what was reported, what was done, and what can be done next."""

from flask import Blueprint, Response, current_app

from portal.desk import cases, holding, origins, sealing_away, triage
from portal.desk.cases import Case
from portal.desk.referring import remembering
from portal.desk.session import Desk
from portal.desk.web import log
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
    reading().look(opened, case)
    messages = cases.messages(casebook, case)
    entries = thread(messages, cases.answers(casebook, case), [], channels, "en")
    return page(
        "case",
        case=case,
        entries=entries,
        history=log.of_case(casebook, case.id),
        channels=channels,
        flags=_flags(opened, case),
        source=origins.source(casebook, case),
        hold=holding.find(casebook, case),
        referrals=remembering.listed(casebook, case),
        away=sealing_away.by_number(opened, case),
        seal=sealing_away.is_advised(messages),
        is_break_due=reading().is_break_due(opened),
        read=reading().today(opened),
    )


def _flags(opened: Desk, case: Case) -> list[tuple[str, str, bool]]:
    """What a rule says, the question whose answer raised it, and whether that is urgent."""
    rules = triage.load_rules(opened.folder, current_app.extensions["channels"])
    rows = opened.casebook.all(
        "SELECT rule, channel, field, urgent FROM flags WHERE case_id = ? ORDER BY urgent DESC, rule, field", case.id
    )
    return [
        (rules.label(rule, "en"), rules.field_label(channel, field, "en"), bool(urgent))
        for rule, channel, field, urgent in rows
    ]
