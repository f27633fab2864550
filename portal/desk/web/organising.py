"""What colleagues leave each other on a case: notes, tags, whose case it is; and handing it on."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import cases, organising
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("organising", __name__)
NOBODY = ""
"""The choice of a case that is to be nobody's."""


@bp.get("/case/<name>/note")
def ask_note(name: str, error: str = "", status: int = 200) -> Response:
    """The form for a note, on a page of its own: a page on which somebody types stays when the desk locks itself."""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        written = organising.notes(opened.casebook, case)
    most = organising.NOTE_BYTES
    return page("note", status, case=case, written=written, most=most, form=request.form, error=error)


@bp.post("/case/<name>/note")
def note(name: str) -> AnyResponse:
    """Write a note."""
    try:
        with desk(writing=True) as opened:
            organising.note(opened, cases.find(opened.casebook, name), request.form.get("text", ""))
    except DeskError as error:
        return ask_note(name, str(error), 409)
    say("The note is on the case.")
    return _back(name)


@bp.post("/case/<name>/tags")
def tag(name: str) -> AnyResponse:
    """Give it tags, or take one away."""
    form = request.form
    with desk(writing=True) as opened:
        case = cases.find(opened.casebook, name)
        if form.get("remove"):
            organising.tag(opened, case, [form["remove"]], remove=True)
        else:
            organising.tag(opened, case, _words(form.get("tags", "")))
    return _back(name)


@bp.post("/case/<name>/take")
def take(name: str) -> AnyResponse:
    """It is the case of who works here now."""
    with desk(writing=True) as opened:
        organising.assign(opened, cases.find(opened.casebook, name), opened.person)
    return _back(name)


@bp.post("/case/<name>/hand-on")
def hand_on(name: str) -> AnyResponse:
    """Give it to a colleague, and be done with it."""
    form = request.form
    if "to" not in form:
        raise DeskError("Choose who has the case from now on.")
    with desk(writing=True) as opened:
        case = cases.find(opened.casebook, name)
        organising.assign(opened, case, form["to"] if form["to"] != NOBODY else None, form.get("why", ""))
    say(f"Case {name} is with {form['to'] or 'nobody'} now.")
    return redirect("/", 303)


def _words(text: str) -> list[str]:
    found = text.replace(",", " ").split()
    if not found:
        raise DeskError("There is no tag: write one word, or several with blanks between.")
    return found


def _back(name: str) -> AnyResponse:
    return redirect(f"/case/{name}", 303)
