"""Several cases at once: one status for all of them, looked at before it is done."""

import re
from typing import cast

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import bulk, filtering, merging, session
from portal.desk.bulk import Wish
from portal.desk.web import jobs, wording
from portal.desk.web.door import desk, door
from portal.desk.web.jobs import Progress, Result
from portal.desk.web.showing import page
from portal.errors import DeskError
from portal.limits import REPLY_TEXT_BYTES
from portal.report import STATUSES, Status

bp = Blueprint("several", __name__)
_NAMED = 20
"""So many cases are named one by one."""
_BETWEEN = re.compile(r"[\s,;]+")


@bp.get("/several")
def ask(error: str = "", status: int = 200) -> Response:
    """Which cases, and what is said: the IDs are typed, or come with the address (`?id=…&id=…`)."""
    typed = request.form.get("ids")
    ids = "\n".join(request.args.getlist("id")) if typed is None else typed
    return page(
        "several",
        status,
        ids=ids,
        joined=_joined(names_in(ids)),
        statuses=[(key, wording.status(key)) for key in STATUSES],
        form=request.form,
        most=REPLY_TEXT_BYTES,
        error=error,
    )


@bp.post("/several")
def do() -> AnyResponse:
    """Show what would happen, or do it."""
    names, wish = names_in(request.form.get("ids", "")), _wish()
    if request.form.get("step") == "change":
        return ask()
    if wish.status not in STATUSES:
        return ask("Choose what the reporters are told.", 409)
    try:
        if request.form.get("step") == "do":
            jobs.jobs().start("One status for several cases", _work(names, wish))
            return jobs.shown()
        with desk() as opened:
            outcome = bulk.preview(opened.casebook, names, wish)
            named = bulk.warnings(opened.casebook, wish)
            said = bulk.said(opened.casebook, wish, outcome.languages)
    except DeskError as error:
        return ask(str(error), 409)
    return page(
        "several_preview",
        outcome=outcome,
        told=wish.status,
        named=named,
        said=[(language, count, said[language]) for language, count in outcome.languages.most_common()],
        skipped=_by_reason(outcome),
        shown=_NAMED,
        form=request.form,
    )


def names_in(text: str) -> list[str]:
    """The numbers of cases that somebody typed, each once."""
    return list(dict.fromkeys(name for name in _BETWEEN.split(text) if name))


def _joined(names: list[str]) -> list[str]:
    """What is joined with the cases called so and is not among them: their reporters are answered apart."""
    with desk() as opened:
        found = [row.case for row in filtering.of_cases(opened, names).values()]
        others = [other for case in found for other in merging.others(opened.casebook, case)]
    return [name for name in dict.fromkeys(others) if name not in names]


def _wish() -> Wish:
    form = request.form
    return Wish(cast(Status, form.get("status", "")), form.get("text", ""), form.get("template") == "yes")


def _work(names: list[str], wish: Wish) -> jobs.Work:
    place, keyring, now = door().place, door().keyring(), door().now

    def work(progress: Progress) -> Result:
        with session.working(place, keyring, writing=True, clock=now) as opened:
            outcome = bulk.set_status(opened, names, wish, progress)
        sentences = [
            f"{wording.count(len(outcome.told), 'reporter')} told: {wording.status(wish.status)}. "
            "The answers leave with the next pack."
        ]
        if outcome.untold:
            sentences.append(f"{wording.count(len(outcome.untold), 'case')} without a mailbox got the status alone.")
        for reason, left in _by_reason(outcome):
            sentences.append(f"{wording.count(len(left), 'case')} left as before: {reason}")
        return Result(sentences, [(f"/case/{name}", name) for name in outcome.told[:_NAMED]])

    return work


def _by_reason(outcome: bulk.Outcome) -> list[tuple[str, list[str]]]:
    reasons = dict.fromkeys(reason for _, reason in outcome.skipped)
    return [(reason, [name for name, why in outcome.skipped if why == reason]) for reason in reasons]
