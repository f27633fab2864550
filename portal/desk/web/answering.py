"""Answer a reporter: written, looked at once more, and then sealed."""

from typing import cast

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import cases, contacts, merging, staff, templating
from portal.desk.replies import readers, reply
from portal.desk.web import wording
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.desk.withdrawing import waiting, withdraw
from portal.errors import DeskError
from portal.limits import REPLY_TEXT_BYTES
from portal.report import STATUSES, Status, clean_text

bp = Blueprint("answering", __name__)


@bp.get("/case/<name>/reply")
def ask(name: str, error: str = "", status: int = 200, text: str | None = None) -> Response:
    """The form for an answer; `text` stands in it instead of what was typed."""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        language = cases.messages(opened.casebook, case)[0].report.language
        follow_up = readers(opened, case, current_app.extensions["channels"])
        others = merging.others(opened.casebook, case)
    return page(
        "reply",
        status,
        case=case,
        language=language,
        others=others,
        follow_up=" ".join(follow_up),
        statuses=[(key, wording.status(key)) for key in STATUSES],
        form=request.form if text is None else request.form.to_dict() | {"text": text},
        error=error,
        most=REPLY_TEXT_BYTES,
    )


@bp.post("/case/<name>/reply")
def send(name: str) -> AnyResponse:
    """Show the answer once more, or seal it."""
    status, text = request.form.get("status", ""), clean_text(request.form.get("text", ""))
    if status not in STATUSES:
        return ask(name, "Choose what the reporter is told of the case.", 409)
    if len(text.encode()) > REPLY_TEXT_BYTES:
        return ask(name, f"The answer is too long: shorten it to {REPLY_TEXT_BYTES:,} bytes.", 409)
    if request.form.get("step") != "send":
        with desk() as opened:
            case = cases.find(opened.casebook, name)
            language = cases.messages(opened.casebook, case)[0].report.language
            ours = templating.text(opened.casebook, status, language)
            named = staff.mentions(opened.casebook, text)
        if request.form.get("step") == "template":
            return ask(name, text=text if ours in text else f"{ours}\n\n{text}".strip())
        return page(
            "reply_preview", case=case, told=status, text=text, language=language, named=named, form=request.form
        )
    follow_up = request.form.get("follow-up", "").replace(",", " ").split()
    try:
        with desk(writing=True) as opened:
            case = cases.find(opened.casebook, name)
            to = follow_up or readers(opened, case, current_app.extensions["channels"])
            reply(opened, case, cast(Status, status), text, to, opened.today)
    except DeskError as error:
        return ask(name, str(error), 409)
    say("The answer is sealed. It leaves with the next pack.")
    return redirect(f"/case/{name}", 303)


@bp.post("/case/<name>/reply/change")
def change(name: str) -> Response:
    """Back from the preview to the form."""
    return ask(name)


@bp.get("/case/<name>/withdraw/<int:number>")
def ask_withdraw(name: str, number: int, error: str = "", status: int = 200) -> Response:
    """Show the answer once more, and what its withdrawal does and does not."""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        answers = cases.answers(opened.casebook, case)
        can_go = number in waiting(opened.casebook, case)
        erased = contacts.are_erased(opened.casebook, case)
    answer = next((answer for answer in answers if answer.reply.number == number), None)
    if answer is None:
        raise DeskError(f"Case {name} has no answer {number}: its page shows those that it has.")
    return page("withdraw", status, case=case, answer=answer, can_go=can_go, erased=erased, error=error)


@bp.post("/case/<name>/withdraw/<int:number>")
def take_back(name: str, number: int) -> AnyResponse:
    """Withdraw an answer that no pack has carried yet."""
    try:
        with desk(writing=True) as opened:
            withdraw(opened, cases.find(opened.casebook, name), number)
    except DeskError as error:
        return ask_withdraw(name, number, str(error), 409)
    say("The answer is withdrawn: the reporter never reads it.")
    return redirect(f"/case/{name}", 303)
