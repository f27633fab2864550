"""An attachment: what it is, and what can be done with it. It is never shown, and never opened here."""

from flask import Blueprint, Response, abort, request

from portal.desk import authorities, cases, cleaning, content, sealing_away
from portal.desk.extracting import extract
from portal.desk.web import places
from portal.desk.web.caring import reading
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("attachments", __name__)


@bp.get("/case/<name>/attachment/<int:number>")
def show(name: str, number: int, error: str = "", done: str = "", status: int = 200) -> Response:
    """What is known of attachment `number` of a case, and the ways out of the sealed item."""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        found = list(cases.attachments(opened.casebook, case))
        if not 1 <= number <= len(found):
            abort(404)
        message, place, attachment = found[number - 1]
        gone = sealing_away.by_number(opened, case).get(number)
        kind = "" if gone else content.types(opened, message)[place - 1]
        if not gone:
            reading().look(opened, case, number)
        suspected = sealing_away.is_advised(cases.messages(opened.casebook, case))
        known = authorities.listed(opened.casebook)
    return page(
        "attachment",
        status,
        case=case,
        number=number,
        attachment=attachment,
        kind=kind,
        gone=gone,
        suspected=suspected,
        authorities=[authority for authority in known if authority.recipient],
        places=places.known(),
        form=request.form,
        error=error,
        done=done,
    )


@bp.post("/case/<name>/attachment/<int:number>/extract")
def take_out(name: str, number: int) -> Response:
    """Write it, unopened, into a new file."""
    return _written(name, number, cleaned=False)


@bp.post("/case/<name>/attachment/<int:number>/clean")
def clean(name: str, number: int) -> Response:
    """Write a copy without metadata into a new file."""
    return _written(name, number, cleaned=True)


def _written(name: str, number: int, *, cleaned: bool) -> Response:
    try:
        if request.form.get("understood") != "yes":
            raise DeskError("Nothing was written: confirm that you have read the warning.")
        out = places.chosen(request.form)
        with desk(writing=True) as opened:
            case = cases.find(opened.casebook, name)
            if cleaned:
                cleaning.clean(opened, case, number, out)
            else:
                extract(opened, case, number, out)
    except DeskError as error:
        return show(name, number, error=str(error), status=409)
    what = "A copy without metadata" if cleaned else "The attachment, unopened,"
    return show(name, number, done=f"{what} is in {out}. This was written into the history of the case.")


@bp.post("/case/<name>/attachment/<int:number>/seal")
def seal(name: str, number: int) -> Response:
    """Seal it to an authority, unopened, and erase it here."""
    try:
        if request.form.get("sure") != "yes":
            raise DeskError("Nothing was sealed and nothing erased: confirm that it may be erased here.")
        out = places.chosen(request.form)
        with desk(writing=True) as opened:
            case = cases.find(opened.casebook, name)
            to = authorities.find(opened.casebook, request.form.get("authority", ""))
            sealing_away.seal_away(opened, case, number, to, out)
    except DeskError as error:
        return show(name, number, error=str(error), status=409)
    return show(name, number, done=f"It is sealed to {to.title} in {out}, and erased here. Bring the file to them.")
