"""The portals whose bundles this desk takes, and the new key of one of them."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.bundle import FINGERPRINT_WORDS
from portal.desk import portals
from portal.desk.trusting import trust
from portal.desk.web import trusting
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("portals", __name__)


@bp.get("/portals")
def show(error: str = "", status: int = 200) -> Response:
    """Each with the fingerprint of its key, and how far the exchange with it has come."""
    with desk() as opened:
        known = [(portal, portals.words(portal.key)) for portal in portals.pinned(opened.casebook)]
    return page(
        "portals",
        status,
        known=known,
        words=FINGERPRINT_WORDS,
        done=request.args.get("done"),
        error=error,
        form=request.form,
    )


@bp.post("/portals")
def replace() -> AnyResponse:
    """Trust a new key in place of the old one."""
    form = request.form
    try:
        key = trusting.pasted(form.get("portal-key", ""))
        with desk(writing=True) as opened:
            trust(opened, form.get("portal") or None, key, form.get("portal-words", ""))
    except DeskError as error:
        return show(str(error), 409)
    return redirect("/portals?done=yes", 303)
