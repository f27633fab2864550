"""What must be kept, and what must go: holds, reviews, the list of what is due, and erasing."""

from collections.abc import Sequence

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import cases, holding, purging, retention
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("keeping", __name__)
_WHY = {
    "outside-remit": "not for us, and its time is over",
    "forwarded": "passed on, and its time is over",
    "closed": "closed, and its time is over",
    "review": "to be looked at again: is it still needed?",
}


@bp.get("/due")
def due(error: str = "", done: str = "", status: int = 200) -> Response:
    """What is due to be erased or looked at again."""
    with desk() as opened:
        rules = retention.rules(opened.casebook, opened.name)
        found = retention.due(opened.casebook, rules, opened.today)
    return page("due", status, rules=retention.in_words(rules), due=found, why=_WHY, error=error, done=done)


@bp.post("/due/purge")
def ask_due() -> Response:
    """Show once more what would go."""
    return _asked(due_only=True)


@bp.get("/case/<name>/keep")
def ask(name: str, error: str = "", status: int = 200) -> Response:
    """Hold a case, or erase it."""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        hold = holding.find(opened.casebook, case)
        restricted = holding.is_restricted(opened.casebook, case)
    return page("keep", status, case=case, hold=hold, restricted=restricted, form=request.form, error=error)


@bp.post("/case/<name>/hold")
def hold(name: str) -> AnyResponse:
    """Keep a case whatever the rules say."""
    with desk(writing=True) as opened:
        holding.hold(opened, cases.find(opened.casebook, name), request.form.get("reason", "").strip())
    return redirect(f"/case/{name}/keep", 303)


@bp.post("/case/<name>/release")
def release(name: str) -> AnyResponse:
    """Keep it no longer."""
    with desk(writing=True) as opened:
        holding.release(opened, cases.find(opened.casebook, name))
        retention.erase_contacts(opened)
    return redirect(f"/case/{name}/keep", 303)


@bp.post("/case/<name>/review")
def review(name: str) -> AnyResponse:
    """It is still needed."""
    with desk(writing=True) as opened:
        retention.review(opened, cases.find(opened.casebook, name))
    say(f"Case {name} is still needed: it comes up again when its time is over once more.")
    return redirect("/due", 303)


@bp.post("/purge")
def purge() -> Response:
    """Show what would go; with the word typed, erase it."""
    return _asked(due_only=False)


def _asked(*, due_only: bool) -> Response:
    with desk() as opened:
        chosen = _chosen(opened, due_only=due_only)
        going = purging.extent(opened.casebook, chosen)
    return page("purge", going=going, due=due_only, error="")


@bp.post("/purge/done")
def do_purge() -> Response:
    """Erase for good."""
    due_only = request.form.get("due") == "yes"
    with desk(writing=True) as opened:
        chosen = _chosen(opened, due_only=due_only)
        going = purging.extent(opened.casebook, chosen)
        if request.form.get("word", "").strip().lower() != "erase":
            error = "Nothing was erased: type the word erase."
            return page("purge", 409, going=going, due=due_only, error=error)
        if due_only:
            retention.erase_contacts(opened)
        purging.purge(opened, chosen, current_app.extensions["channels"], "due" if due_only else "asked")
    return due(
        done=f"Erased: {', '.join(going.cases)}. Backups made before, and what was handed over, still hold this."
    )


def _chosen(opened: Desk, *, due_only: bool) -> Sequence[Case]:
    if due_only:
        rules = retention.rules(opened.casebook, opened.name)
        return [one.case for one in retention.due(opened.casebook, rules, opened.today) if one.goes]
    chosen = [cases.find(opened.casebook, name) for name in dict.fromkeys(request.form.getlist("case"))]
    if not chosen:
        raise DeskError("No case was chosen, and nothing was erased.")
    for case in chosen:
        holding.check_erasable(opened.casebook, case)
    return chosen
