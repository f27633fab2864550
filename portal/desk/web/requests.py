"""A person asks what is known of them: find every mention, and record what was decided."""

from collections.abc import Collection, Sequence

from flask import Blueprint, Response, request

from portal.desk import cases, persons, retention
from portal.desk.persons import Mention
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("requests", __name__)


@bp.get("/person")
def ask() -> Response:
    """Who is it?"""
    return _page()


@bp.post("/person")
def find() -> Response:
    """Every mention; that somebody was looked for goes into the log, and never who."""
    name = request.form.get("name", "").strip()
    try:
        with desk(writing=True) as opened:
            found = persons.search(opened.casebook, name)
            persons.record_search(opened, found)
            unread = persons.not_looked_through(opened.casebook)
            names = {one.case for one in found}
            restricted = {name for name in names if cases.find(opened.casebook, name).restricted}
    except DeskError as error:
        return _page(error=str(error), status=409)
    return _page(found, unread, restricted)


@bp.post("/person/decide")
def decide() -> Response:
    """Record a decision on the chosen cases."""
    decision, names = request.form.get("decision", ""), request.form.getlist("case")
    try:
        if decision not in persons.DECISIONS or not names:
            raise DeskError("Choose the cases, and what was decided.")
        with desk(writing=True) as opened:
            for case in [cases.find(opened.casebook, name) for name in dict.fromkeys(names)]:
                persons.decide(opened, case, decision, request.form.get("note", "").strip())
            if decision == "unrestricted":
                retention.erase_contacts(opened)
    except DeskError as error:
        return _page(error=str(error), status=409)
    return _page(done=f"Recorded for {', '.join(dict.fromkeys(names))}: {persons.DECISIONS[decision]}.")


def _page(
    found: list[Mention] | None = None,
    unread: Sequence[str] = (),
    restricted: Collection[str] = (),
    *,
    error: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    return page(
        "person",
        status,
        found=found,
        unread=unread,
        restricted=restricted,
        decisions=list(persons.DECISIONS.items()),
        form=request.form,
        error=error,
        done=done,
    )
