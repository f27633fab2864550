"""What a case has in common with others; joining it with one about the same thing, and separating it again."""

from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import cases, linking, merging
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.linking import KINDS, LISTED, Link
from portal.desk.views import LINKS_SHOWN
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("linking", __name__)
THIS = "this"
"""The case at hand is to be the main one of the two."""


def about(casebook: Casebook, case: Case) -> dict[str, Any]:
    """What the page of a case says of others."""
    found = linking.links(casebook, case)
    return {
        "links": found[:LINKS_SHOWN],
        "more_links": found[LINKS_SHOWN:],
        "kinds": KINDS,
        "joined": merging.parts(casebook, case),
    }


@bp.get("/case/<name>/merge")
def ask(name: str, error: str = "", status: int = 200) -> Response:
    """Which other case is about the same?"""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        joined = merging.parts(opened.casebook, case)
        found = _candidates(linking.links(opened.casebook, case))
    return page("merge", status, case=case, joined=joined, found=found, kinds=KINDS, form=request.form, error=error)


@bp.post("/case/<name>/merge")
def merge(name: str) -> AnyResponse:
    """Join two cases; the page of the main one."""
    form = request.form
    typed = form.get("typed", "").strip() or form.get("other", "")
    try:
        if not typed:
            raise DeskError("Choose the other case, or write its number.")
        with desk(writing=True) as opened:
            case, other = cases.find(opened.casebook, name), cases.find(opened.casebook, typed)
            main, part = (case, other) if form.get("main") == THIS else (other, case)
            merging.merge(opened, part, main)
    except DeskError as error:
        return ask(name, str(error), 409)
    say(f"Case {part.name} is joined with {main.name}.")
    return redirect(f"/case/{main.name}", 303)


@bp.post("/case/<name>/unmerge")
def unmerge(name: str) -> AnyResponse:
    """Separate a case from its main one; its own page."""
    with desk(writing=True) as opened:
        main = merging.unmerge(opened, cases.find(opened.casebook, name))
    say(f"Case {name} is separated again from {main}.")
    return redirect(f"/case/{name}", 303)


def _candidates(links: list[Link]) -> list[tuple[linking.Other, list[Link]]]:
    """The other cases that links name, each with what it shares, at most `LISTED`: those that share most come first."""
    others: dict[str, tuple[linking.Other, list[Link]]] = {}
    for link in links:
        for other in link.cases:
            others.setdefault(other.name, (other, []))[1].append(link)
    return sorted(others.values(), key=lambda found: -len(found[1]))[:LISTED]
