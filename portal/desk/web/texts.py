"""The texts of answers: what the desk says to a reporter for each status, in each language."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import templating
from portal.desk.web import wording
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.errors import DeskError
from portal.limits import REPLY_TEXT_BYTES
from portal.report import STATUSES

bp = Blueprint("texts", __name__)


@bp.get("/texts")
def show(error: str = "", at: str = "", status: int = 200) -> Response:
    """All texts in one language; `at` is the status whose text could not be saved."""
    language = request.values.get("language", "")
    language = language if language in templating.ALL_LANGUAGES else templating.ALL_LANGUAGES[0]
    with desk() as opened:
        texts = {key: templating.text(opened.casebook, key, language) for key in STATUSES}
        own = {key for key, chosen in templating.own(opened.casebook) if chosen == language}
    if at:
        texts[at] = request.form.get("text", "")
    return page(
        "texts",
        status,
        texts=texts,
        own=own,
        language=language,
        languages=[(key, wording.language(key)) for key in templating.ALL_LANGUAGES],
        most=REPLY_TEXT_BYTES,
        error=error,
        at=at,
    )


@bp.post("/texts")
def change() -> AnyResponse:
    """Save one, or bring back the text that ships."""
    form = request.form
    status, language = form.get("status", ""), form.get("language", "")
    try:
        with desk(writing=True) as opened:
            templating.put(opened, status, language, "" if form.get("reset") == "yes" else form.get("text", ""))
    except DeskError as error:
        return show(str(error), status if status in STATUSES else "", 409)
    say(f"The text for “{wording.status(status)}” is saved.")
    return redirect(f"/texts?language={language}#{status}", 303)
