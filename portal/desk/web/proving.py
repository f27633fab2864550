"""Prove the desk: that log, sealed items and referrals are as they were."""

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import verifying
from portal.desk.custody import Head
from portal.desk.web import jobs, log
from portal.desk.web.door import desk, door
from portal.desk.web.jobs import Progress, Result
from portal.desk.web.showing import page
from portal.desk.web.wording import count
from portal.errors import DeskError

bp = Blueprint("proving", __name__)
_SHOWN = 200
"""Entries of the log on the page; `desk log` shows all."""


@bp.get("/verify")
def ask(error: str = "", status: int = 200) -> Response:
    """Ask for the proof, and show the end of the log."""
    with desk() as opened:
        records, total = log.newest(opened.casebook, _SHOWN), log.length(opened.casebook)
    return page("verify", status, records=records, total=total, form=request.form, error=error)


@bp.post("/verify")
def verify() -> AnyResponse:
    """Begin it."""
    try:
        text = request.form.get("head", "").strip()
        head = Head.parse(text) if text else None
        jobs.jobs().start("Check of the desk", _work(head))
    except DeskError as error:
        return ask(str(error), 409)
    return jobs.shown()


def _work(head: Head | None) -> jobs.Work:
    place, keyring = door().place, door().keyring()

    def work(progress: Progress) -> Result:
        whole = verifying.verify(place, keyring, head)
        return Result(
            [
                "Whole: nothing was changed.",
                f"{count(whole.head.number, 'entry', 'entries')} in the log, each signed and bound to the one before; "
                f"{count(whole.items, 'sealed item')} as they came; {count(whole.referrals, 'referral')}; "
                f"{count(whole.elsewhere, 'entry', 'entries')} of other desks' logs, as they were signed there.",
                f"Head of the log: {whole.head}. Write it down, with the day, where nobody at this desk can change it: "
                "later it proves that nothing was cut off.",
            ]
        )

    return work
