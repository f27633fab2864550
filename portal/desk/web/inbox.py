"""The inbox."""

from flask import Blueprint, Response

from portal.desk import cases
from portal.desk.web.door import desk
from portal.desk.web.showing import page

bp = Blueprint("inbox", __name__)


@bp.get("/")
def show() -> Response:
    """What waits."""
    with desk() as opened:
        found = cases.listed(opened.casebook)
    return page("inbox", cases=found)
