"""Backups: where they go, and making one now."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import backup_place, session
from portal.desk.web import jobs, places
from portal.desk.web.door import desk, door
from portal.desk.web.jobs import Progress, Result
from portal.desk.web.notices import say
from portal.desk.web.showing import page, size
from portal.errors import PortevoixError

bp = Blueprint("backups", __name__)
_SHOWN = 20


@bp.get("/backups")
def show(error: str = "", status: int = 200) -> Response:
    """The backup place, and the newest backups."""
    with desk() as opened:
        place = backup_place.place(opened.casebook)
        made = opened.casebook.all("SELECT day, name, size, items FROM backups ORDER BY id DESC LIMIT ?", _SHOWN)
    return page("backups", status, place=place, made=made, places=places.known(), form=request.form, error=error)


@bp.post("/backups/place")
def choose() -> AnyResponse:
    """Set the backup place, or have none any more."""
    try:
        with desk(writing=True) as opened:
            if request.form.get("none") == "yes":
                backup_place.unset_place(opened)
            else:
                folder = request.form.get("other-folder", "").strip() or request.form.get("folder", "")
                recipients = request.form.get("recipients", "").split()
                backup_place.set_place(opened, places.typed(folder), recipients)
    except PortevoixError as error:
        return show(str(error), 409)
    say("There is no backup place any more." if request.form.get("none") == "yes" else "The backup place is saved.")
    return redirect("/backups", 303)


@bp.post("/backups")
def make() -> AnyResponse:
    """Make one now, and read it back."""
    place, keyring, now = door().place, door().keyring(), door().now

    def work(progress: Progress) -> Result:
        with session.working(place, keyring, writing=True, clock=now) as opened:
            kept = backup_place.back_up_there(opened, progress)
        sentences = [f"The backup is in {kept.made.path}: {size(kept.made.size)}, read back and found whole."]
        if kept.removed:
            sentences.append(f"Older ones made room for it: {', '.join(kept.removed)}.")
        return Result(sentences, trouble=[f"Damaged here: {name}" for name in kept.made.damaged])

    jobs.jobs().start("Backup", work)
    return jobs.shown()
