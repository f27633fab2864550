"""The handover: what is open, what waits, and what changed since the last visit."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import handover
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("handover", __name__)
_SHOWN = 15
"""So many cases of each kind are shown; the inbox has all of them."""


@bp.get("/handover")
def show() -> Response:
    """Everything at this moment."""
    with desk() as opened:
        found = handover.look(opened)
    return page("handover", found=found, shown=_SHOWN)


@bp.post("/handover")
def end() -> AnyResponse:
    """The visit ends at the entry that was shown."""
    entry = request.form.get("entry", "")
    if not entry.isdecimal() or not entry.isascii():
        raise DeskError("It is not known what you have seen: look at the handover again.")
    with desk(writing=True) as opened:
        handover.seen(opened, int(entry))
    say("Noted: next time you are shown what came after this.")
    return redirect("/handover", 303)
