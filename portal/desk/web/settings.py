"""The settings of the desk, each with what it means."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import care, preferences
from portal.desk.web.caring import reading
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("settings", __name__)


@bp.get("/more")
def more() -> Response:
    """Everything that is needed less often."""
    with desk() as opened:
        reminds = care.reminds_after(opened.casebook, opened.person)
        read = reading().today(opened)
    return page("more", reminds=reminds, read=read)


@bp.get("/settings")
def show(error: str = "", at: str = "", status: int = 200) -> Response:
    """All of them."""
    with desk() as opened:
        known = [
            (
                setting,
                preferences.as_json(preferences.value(opened.casebook, setting)),
                preferences.is_set(opened.casebook, setting.key),
            )
            for setting in preferences.defined()
        ]
    return page("settings", status, settings=known, error=error, at=at, form=request.form)


@bp.post("/settings")
def change() -> AnyResponse:
    """Set one, or let its default hold again."""
    key = request.form.get("key", "")
    try:
        setting = preferences.find(key)
        with desk(writing=True) as opened:
            if request.form.get("reset") == "yes":
                preferences.reset(opened, key)
            else:
                preferences.put(opened, key, preferences.parse(setting, request.form.get("value", "")))
    except DeskError as error:
        return show(str(error), key, 409)
    return redirect(f"/settings#{key}", 303)
