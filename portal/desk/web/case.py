"""One case: what was reported, what was done, and what can be done next."""

from typing import Any

from flask import Blueprint, Response, current_app

from portal.desk import (
    cases,
    filtering,
    flagged,
    holding,
    labelling,
    organising,
    origins,
    persons,
    received,
    rekeying,
    sealing_away,
    tombstones,
    transferring,
)
from portal.desk.casebook import Casebook
from portal.desk.cases import Case, Message
from portal.desk.referring import remembering
from portal.desk.session import Desk
from portal.desk.web import linking, log
from portal.desk.web.caring import reading
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.desk.web.thread import Entry, Noted, thread

bp = Blueprint("case", __name__)


@bp.get("/case/<name>")
def show(name: str) -> Response:
    """The case called `name`."""
    with desk() as opened:
        return _page(opened, name)


def _page(opened: Desk, name: str) -> Response:
    casebook = opened.casebook
    case = cases.find(casebook, name)
    reading().look(opened, case)
    messages = cases.messages(casebook, case)
    return page(
        "case",
        case=case,
        channels=current_app.extensions["channels"],
        entries=_thread(casebook, case, messages),
        away=sealing_away.by_number(opened, case),
        seal=sealing_away.is_advised(messages),
        is_break_due=reading().is_break_due(opened),
        read=reading().today(opened),
        flags=flagged.of_case(opened, case, current_app.extensions["channels"], labelling.language(casebook)),
        due=filtering.of_case(opened, case).due[:1],
        today=opened.today,
        wrote_since=cases.wrote_since(casebook, case),
        history=log.of_case(casebook, case.id),
        **_colleagues(opened, case),
        **_ways(casebook, case),
        **_limits(casebook, case),
        **linking.about(casebook, case),
    )


def _thread(casebook: Casebook, case: Case, messages: list[Message]) -> list[Entry]:
    notes = [Noted(note.person, note.at, note.text) for note in organising.notes(casebook, case)]
    channels, language = current_app.extensions["channels"], labelling.language(casebook)
    return thread(messages, cases.answers(casebook, case), notes, channels, language)


def _colleagues(opened: Desk, case: Case) -> dict[str, Any]:
    """Whose case it is, and how it is labelled."""
    return {
        "tags": organising.tags(opened.casebook, case),
        "assigned": organising.assigned(opened.casebook, case),
        "person": opened.person,
        "people": list(rekeying.people(opened.casebook)),
    }


def _ways(casebook: Casebook, case: Case) -> dict[str, Any]:
    """From where it came, and where it went."""
    return {
        "source": origins.source(casebook, case),
        "referrals": remembering.listed(casebook, case),
        "came": received.came_from(casebook, case),
        "elsewhere": received.log_elsewhere(casebook, case),
        "handed": transferring.handed_to(casebook, case),
        "to_carry": [to for name, to in transferring.to_carry(casebook) if name == case.name],
    }


def _limits(casebook: Casebook, case: Case) -> dict[str, Any]:
    """What may not be done with it, and what was there before."""
    decided = persons.decided(casebook, case)
    return {
        "hold": holding.find(casebook, case),
        "is_restricted": holding.is_restricted(casebook, case),
        "decided": [(one, persons.DECISIONS[one.decision]) for one in decided],
        "earlier": tombstones.earlier(casebook, case.id),
    }
