"""The settings of the desk, each in words and with its unit."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.channels import LANGUAGES
from portal.desk import care, retention
from portal.desk.web import wishes, wording
from portal.desk.web.caring import reading
from portal.desk.web.door import desk
from portal.desk.web.notices import say
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
    """All of them; `at` is the section in which something was wrong, with what was typed there."""
    with desk() as opened:
        texts = {key: section.texts(opened) for key, section in wishes.SECTIONS.items()}
        own = {key for key, section in wishes.SECTIONS.items() if section.is_own(opened)}
    if at:
        texts[at] = {name: request.form.get(name, "") for name in texts[at]}
    return page(
        "settings",
        status,
        texts=texts,
        own=own,
        days=wishes.DAYS,
        stay=wishes.STAY,
        regimes=list(retention.REGIMES.items()),
        languages=[(one, wording.language(one)) for one in LANGUAGES],
        error=error,
        at=at,
    )


@bp.post("/settings")
def change() -> AnyResponse:
    """Save a section, or let its usual values hold again."""
    key = request.form.get("section", "")
    section = wishes.SECTIONS.get(key)
    if section is None:
        raise DeskError("There is no such part of the settings, and nothing was changed: open the settings again.")
    try:
        with desk(writing=True) as opened:
            if request.form.get("reset") == "yes":
                section.reset(opened)
            else:
                section.save(opened, request.form)
    except DeskError as error:
        return show(str(error), key, 409)
    say("The usual values hold again." if request.form.get("reset") == "yes" else "The settings are saved.")
    return redirect(f"/settings#{key}", 303)
