"""Hand a case to another desk of the site, and take one that another desk hands over."""

from pathlib import Path

import minisign
from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from portal.age import HybridRecipient
from portal.desk import cases, merging, organising, origins, other_desks, portals, session
from portal.desk.receiving import Received, receive
from portal.desk.transferring import HandedOver, handed_to, sentence, transfer
from portal.desk.web import jobs, places, receiving, trusting, wording
from portal.desk.web.door import desk, door
from portal.desk.web.jobs import Progress, Result
from portal.desk.web.showing import page
from portal.errors import DeskError
from portal.limits import REPLY_TEXT_BYTES
from portal.report import clean_text

bp = Blueprint("transferring", __name__)


@bp.get("/case/<name>/transfer")
def ask(name: str, error: str = "", status: int = 200) -> Response:
    """To whom, and what the reporter is told."""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        language = cases.messages(opened.casebook, case)[0].report.language
        told = sentence(language, "(its name)")
        is_told = origins.source(opened.casebook, case) is None
        before = handed_to(opened.casebook, case)
        has_notes = bool(organising.notes(opened.casebook, case))
        others = merging.others(opened.casebook, case)
        known = other_desks.are_known(opened.casebook)
    return page(
        "transfer",
        status,
        case=case,
        others=others,
        known=known,
        language=language,
        told=told,
        is_told=is_told,
        before=before,
        has_notes=has_notes,
        places=places.known(),
        most=REPLY_TEXT_BYTES,
        form=request.form or request.args,
        error=error,
    )


@bp.post("/case/<name>/transfer")
def hand_over(name: str) -> AnyResponse:
    """Begin to write the transfer."""
    form = request.form
    try:
        to, key = form.get("to", "").strip(), form.get("recipients", "").strip()
        with desk() as opened:
            cases.find(opened.casebook, name)
            sealed_to = _recipients(key) if key else other_desks.known(opened.casebook, to)
        out = places.chosen(form)
        work = _hand_over(name, to, sealed_to, out, _text(form.get("text", "")))
        jobs.jobs().start("Transfer", work)
    except DeskError as error:
        return ask(name, str(error), 409)
    return jobs.shown()


def _recipients(text: str) -> list[HybridRecipient]:
    """What a file NAME.recipients says, or the file at a path."""
    if text.startswith(("age1", "#")):
        return other_desks.recipients(text, "What was pasted")
    return other_desks.read_recipients(places.typed(text))


def _text(written: str) -> str | None:
    """What the reporter is told; None for the sentence that is told otherwise."""
    text = clean_text(written)
    if len(text.encode()) > REPLY_TEXT_BYTES:
        raise DeskError(f"The words for the reporter are too long: shorten them to {REPLY_TEXT_BYTES:,} bytes.")
    return text or None


def _hand_over(name: str, to: str, sealed_to: list[HybridRecipient], out: Path, text: str | None) -> jobs.Work:
    place, keyring, now = door().place, door().keyring(), door().now
    with_notes, whole = request.form.get("notes") == "yes", request.form.get("whole") == "yes"

    def work(progress: Progress) -> Result:
        with session.working(place, keyring, writing=True, clock=now) as opened:
            case = cases.find(opened.casebook, name)
            made = transfer(opened, case, to, sealed_to, out, text=text, notes=with_notes, whole=whole)
            words = " ".join(portals.words(opened.keyring.verify_key).split()[: trusting.WORDS])
        return _handed_over(name, to, out, made, words)

    return work


def _handed_over(name: str, to: str, out: Path, made: HandedOver, words: str) -> Result:
    parts = [
        wording.count(made.items, "item"),
        wording.count(made.answers, "answer"),
        wording.count(made.notes, "note"),
    ]
    sentences = [
        f"Case {name} is in {out}, for the desk {to} alone: {', '.join(parts)}. SHA-256 {made.sha256.hex()}",
        f"Take it to that desk. Over the telephone, read out the first words of this desk's key: {words}",
    ]
    if made.told:
        sentences.append(
            f"The reporter is told so, and what they write next goes to {to}: both leave with the next pack."
        )
    left = [f"{wording.count(made.left, 'item')} had no room in it: hand the case over once more."] if made.left else []
    return Result(sentences, [(f"/case/{name}", f"Case {name}"), ("/pack", "Make the pack")], left)


@bp.get("/receive")
def ask_receive(error: str = "", status: int = 200) -> Response:
    """Which file, and signed by which desk?"""
    found = [file for file in places.importable() if file.path.name.endswith(".age")]
    return page("receive", status, found=found, form=request.form, error=error)


@bp.post("/receive")
def take_over() -> AnyResponse:
    """Begin to take it."""
    form, upload = request.form, receiving.landed(request.files.get("transfer"))
    try:
        path = upload or places.existing(form.get("path", "").strip() or form.get("found", ""))
        key = _key(form.get("key", "").strip(), form.get("words", ""))
        jobs.jobs().start("Take a case over", _take_over(path, key), after=lambda: receiving.remove(upload))
    except DeskError as error:
        receiving.remove(upload)
        return ask_receive(str(error), 409)
    return jobs.shown()


def _key(text: str, words: str) -> minisign.PublicKey:
    if not text:
        raise DeskError("The key of the other desk is needed: paste the last line of its file NAME.pub.")
    key = other_desks.read_key(places.typed(text)) if text.endswith(".pub") else trusting.pasted(text)
    trusting.check_words(key, words, "the other desk")
    return key


def _take_over(path: Path, key: minisign.PublicKey) -> jobs.Work:
    place, keyring, now = door().place, door().keyring(), door().now
    channels = current_app.extensions["channels"]

    def work(progress: Progress) -> Result:
        with session.working(place, keyring, writing=True, clock=now) as opened:
            return _taken_over(receive(opened, path, key, channels))

    return work


def _taken_over(taken: Received) -> Result:
    parts = [
        wording.count(taken.items, "item"),
        wording.count(taken.answers, "answer"),
        wording.count(taken.notes, "note"),
        wording.count(taken.entries, "entry", "entries") + " of its history there",
    ]
    what = "is a new case here" if taken.new else "was here already"
    said = f"Case {taken.case} {what}, from the desk {taken.desk}. It brought {', '.join(parts)}."
    label = f"{taken.case}{' (urgent)' if taken.urgent else ''}"
    return Result([said], [(f"/case/{taken.case}", label)])
