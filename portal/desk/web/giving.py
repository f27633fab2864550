"""Several cases at once: given to somebody who works here, or to nobody."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import cases, organising, people
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.organising import NOBODY
from portal.desk.web.several import names_in
from portal.desk.web.showing import page
from portal.desk.web.wording import count
from portal.errors import DeskError, NoSuchCase

bp = Blueprint("giving", __name__)
_NAMED, _SHOWN = 20, 40
"""So many cases are named one by one, and so many characters of what is no number of a case."""
_FORGOTTEN = "No case was ticked: tick some in the inbox, or write their numbers."


@bp.get("/several/give")
def ask(error: str = "", status: int = 200) -> Response:
    """Which cases, and who has them from now on: the IDs are typed, or come with the address (`?id=…&id=…`)."""
    with desk() as opened:
        known = [person.name for person in people.listed(opened)]
    typed = request.form.get("ids")
    ids = "\n".join(request.args.getlist("id")) if typed is None else typed
    return page("give", status, ids=ids, known=known, form=request.form, error=error)


@bp.post("/several/give")
def give() -> AnyResponse:
    """All of them, or none."""
    form = request.form
    names = names_in(form.get("ids", ""))
    try:
        if not names:
            raise DeskError(_FORGOTTEN)
        with desk(writing=True) as opened:
            found = [_find(opened.casebook, name) for name in names]
            organising.assign_all(opened, found, form.get("to", NOBODY) or None, form.get("why", ""))
    except DeskError as error:
        return ask(str(error), 409)
    say(f"{count(len(found), 'case')} with {form.get('to') or 'nobody'} now: {', '.join(names[:_NAMED])}.")
    return redirect("/", 303)


def _find(casebook: Casebook, name: str) -> Case:
    try:
        return cases.find(casebook, name)
    except NoSuchCase:
        raise DeskError(f"There is no case {name[:_SHOWN]}, and nothing was changed: look at its number.") from None
