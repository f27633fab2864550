"""Add a report that came by telephone, by letter or in another way."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.channels import LANGUAGES, LATER_LANGUAGES, Channel
from portal.desk import adding
from portal.desk.adding import Told
from portal.desk.origins import TOLD
from portal.desk.web import wording
from portal.desk.web.door import desk, door
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.errors import PortevoixError
from portal.report import clean_text

bp = Blueprint("adding", __name__)
_SOURCES = {
    "phone": "Telephone",
    "letter": "Letter",
    "hotline": "Another hotline",
    "visit": "A visit",
    "other": "Other",
}


@bp.get("/add")
def ask(error: str = "", status: int = 200) -> Response:
    """The form."""
    return page(
        "add",
        status,
        channels=[(key, wording.channel(key)) for key in current_app.extensions["channels"]],
        sources=[(key, _SOURCES.get(key, key)) for key in TOLD],
        languages=[(key, wording.language(key)) for key in (*LANGUAGES, *LATER_LANGUAGES)],
        today=door().now().date().isoformat(),
        form=request.form,
        error=error,
    )


@bp.post("/add")
def add() -> AnyResponse:
    """Seal and store it."""
    form, channels = request.form, current_app.extensions["channels"]
    channel = channels.get(form.get("channel", ""))
    if channel is None:
        return ask("Choose what it is about.", 409)
    try:
        day = date.fromisoformat(form.get("received", "").strip())
    except ValueError:
        return ask("The day on which it came is no day: write it as 2026-01-31.", 409)
    text, language = clean_text(form.get("text", "")), form.get("language", "")
    told = Told(channel.key, form.get("source", ""), text, _answers(channel), language, day)
    try:
        with desk(writing=True) as opened:
            case = adding.add(opened, told, channels)
    except PortevoixError as error:
        return ask(str(error), 409)
    say(f"The report is kept: it is case {case.name}.")
    return redirect(f"/case/{case.name}", 303)


def _answers(channel: Channel) -> dict[str, Any]:
    """The few answers that this form asks for, as far as the channel does."""
    urls = [line.strip() for line in request.form.get("urls", "").splitlines() if line.strip()]
    said = {"immediate_danger": request.form.get("immediate_danger", ""), "urls": urls}
    return {key: answer for key, answer in said.items() if answer and channel.question(key)}
