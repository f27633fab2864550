"""Import and pack: what comes from the portal, and what goes back."""

from pathlib import Path

import minisign
from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import console, portals, session
from portal.desk.casebook import Casebook
from portal.desk.dropping import import_file
from portal.desk.importing import Outcome
from portal.desk.packing import make_pack
from portal.desk.portals import Trust
from portal.desk.web import jobs, places, receiving, trusting, wording
from portal.desk.web.door import desk, door
from portal.desk.web.jobs import Progress, Result
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("exchange", __name__)
_NAMED = 20
"""So many cases are linked one by one."""


@bp.get("/import")
def ask_import(error: str = "", status: int = 200) -> Response:
    """Which bundle?"""
    with desk() as opened:
        known = portals.pinned(opened.casebook)
    return page("import", status, known=known, found=places.importable(), error=error, form=request.form)


@bp.post("/import")
def do_import() -> AnyResponse:
    """Begin the import."""
    upload = receiving.landed(request.files.get("bundle"))
    try:
        path = upload or places.existing(request.form.get("path", "").strip() or request.form.get("found", ""))
        trust = Trust(_key(), request.form.get("portal-name", "").strip() or None)
        work = _import(path, trust)
        jobs.jobs().start("Import", work, after=lambda: receiving.remove(upload))
    except DeskError as error:
        receiving.remove(upload)
        return ask_import(str(error), 409)
    return jobs.shown()


def _key() -> minisign.PublicKey | None:
    """The key of a new portal, which a person has compared by its first words."""
    text = request.form.get("portal-key", "").strip()
    if not text:
        return None
    key = trusting.pasted(text)
    trusting.check_words(key, request.form.get("portal-words", ""), "the portal's operator")
    return key


def _import(path: Path, trust: Trust) -> jobs.Work:
    place, keyring, now = door().place, door().keyring(), door().now
    channels = current_app.extensions["channels"]

    def work(progress: Progress) -> Result:
        with session.working(place, keyring, writing=True, clock=now) as opened:
            return _told(import_file(opened, path, channels, trust, progress))

    return work


def _told(outcome: Outcome) -> Result:
    sentences = [
        f"Bundle {outcome.counter} of {console.line(outcome.day)} from the portal “{outcome.portal}”.",
        f"{wording.count(len(outcome.cases), 'new case')}, "
        f"{wording.count(len(outcome.messages), 'new message', 'new messages')} to known cases, "
        f"{outcome.known:,} already here.",
    ]
    if outcome.resent:
        sentences.append(
            f"The portal was put back from a backup and has lost {wording.count(outcome.resent, 'answer')} that it had "
            "taken: they go out again with the next pack."
        )
    trouble = [f"Item {item[:12]}… was set aside: {reason}" for item, reason in outcome.quarantined[:_NAMED]]
    if len(outcome.quarantined) > _NAMED:
        trouble.append(f"{len(outcome.quarantined) - _NAMED} more were set aside.")
    if outcome.stopped:
        trouble.append(f"The bundle was not imported to its end; what came before is kept. {outcome.stopped}")
    named = [*outcome.urgent, *(name for name in (*outcome.cases, *outcome.messages) if name not in outcome.urgent)]
    links = [
        (f"/case/{name}", f"{name}{' (urgent)' if name in outcome.urgent else ''}")
        for name in list(dict.fromkeys(named))[:_NAMED]
    ]
    return Result(sentences, links, trouble)


@bp.get("/pack")
def ask_pack(error: str = "", status: int = 200) -> Response:
    """Where should the pack go?"""
    with desk() as opened:
        known = portals.pinned(opened.casebook)
        waiting = {portal.name: _waiting(opened.casebook, portal.id) for portal in known}
    return page(
        "pack",
        status,
        known=known,
        waiting=waiting,
        places=places.known(),
        today=door().now().date().isoformat(),
        error=error,
        form=request.form,
    )


def _waiting(casebook: Casebook, portal: int) -> tuple[int, int]:
    """How many acknowledgements and answers the portal has not confirmed yet."""
    (items,) = casebook.one("SELECT count(*) FROM arrivals WHERE portal = ?", portal)
    (answers,) = casebook.one(
        "SELECT count(*) FROM replies JOIN cases ON cases.id = case_id WHERE portal = ? AND sealed IS NOT NULL", portal
    )
    return items, answers


@bp.post("/pack")
def do_pack() -> AnyResponse:
    """Write the pack."""
    try:
        out = places.chosen(request.form)
        jobs.jobs().start("Pack", _pack(out, request.form.get("portal") or None))
    except DeskError as error:
        return ask_pack(str(error), 409)
    return jobs.shown()


def _pack(out: Path, name: str | None) -> jobs.Work:
    place, keyring, now = door().place, door().keyring(), door().now

    def work(progress: Progress) -> Result:
        with session.working(place, keyring, writing=True, clock=now) as opened:
            packed = make_pack(opened, portals.find(opened.casebook, name), out)
        items, answers = wording.count(packed.collected, "item"), wording.count(packed.replies, "answer")
        sentences = [
            f"Pack {packed.counter} is in {out}.",
            f"It tells the portal of {items} that arrived, and brings {answers}.",
        ]
        if packed.left:
            sentences.append(f"{packed.left:,} more had no room in it: they go with the next pack.")
        return Result([*sentences, "Take it to the portal; its operator imports it there."])

    return work
