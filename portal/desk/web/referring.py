"""Refer a case to an authority, and the authorities that this desk knows."""

from typing import cast

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import authorities, cases, labelling, merging
from portal.desk.authorities import Authority
from portal.desk.casebook import Casebook
from portal.desk.referring import FORMATS, Made, Wish, refer, remembering
from portal.desk.referring.files import Choice
from portal.desk.referring.manifest import DEFAULT
from portal.desk.web import places
from portal.desk.web.door import desk
from portal.desk.web.notices import say
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("referring", __name__)
_CONTACT = {
    "none": "The reporter gave no contact data.",
    "included": "The reporter's contact data goes along, with the consent that the report records.",
    "withheld": "The reporter's contact data stays here.",
}
_FORMATS = {
    "pdf": "PDF to read and print",
    "json": "JSON for other programs",
    "urls": "Addresses as a table (CSV)",
    "cybertip": "XML in the shape of CyberTipline reports",
    "case": "CASE (JSON-LD) for digital forensics",
}


@bp.get("/referrals")
def show() -> Response:
    """All that was referred, the newest first."""
    with desk() as opened:
        made = remembering.listed(opened.casebook)[::-1]
        known = {authority.name: authority.title for authority in authorities.listed(opened.casebook)}
    return page("referrals", made=made, known=known)


@bp.get("/case/<name>/refer")
def ask(name: str, error: str = "", status: int = 200) -> Response:
    """The form for a referral."""
    with desk() as opened:
        case = cases.find(opened.casebook, name)
        number = remembering.next_number(opened.casebook, case)
        known = authorities.listed(opened.casebook)
        keep_from = sorted({to for said in cases.messages(opened.casebook, case) for to in said.report.keep_from})
        has_files = any(cases.attachments(opened.casebook, case))
        others = merging.others(opened.casebook, case)
        labels = labelling.language(opened.casebook)
    return page(
        "refer",
        status,
        case=case,
        others=others,
        labels=labels,
        number=number,
        authorities=known,
        keep_from=keep_from,
        has_files=has_files,
        formats=[(key, _FORMATS.get(key, key)) for key in FORMATS],
        chosen=request.form.getlist("format") if request.form else list(DEFAULT),
        places=places.known(),
        form=request.form,
        error=error,
    )


@bp.post("/case/<name>/refer")
def do_refer(name: str) -> Response:
    """Make the referral."""
    form = request.form
    try:
        out = places.chosen(form)
        with desk(writing=True) as opened:
            case = cases.find(opened.casebook, name)
            wish = Wish(
                to=_authority(opened.casebook, form.get("to", "")),
                sealed=form.get("sealed") == "yes",
                formats=form.getlist("format"),
                attachments=cast(Choice, _one_of(form.get("attachments"), ("none", "original", "cleaned"))),
                live=form.get("live") == "yes",
                language=_one_of(form.get("language"), ("en", "fr", "de")),
                without_contact=form.get("without-contact") == "yes",
                masked=form.get("masked") == "yes",
                despite_keep_from=form.get("despite") == "yes",
            )
            made = refer(opened, case, out, wish, current_app.extensions["channels"])
    except DeskError as error:
        return ask(name, str(error), 409)
    return page("referred", case=case, made=made, out=out, contact=_CONTACT[made.contact], mentioned=_mentioned(made))


def _authority(casebook: Casebook, name: str) -> Authority | None:
    return authorities.find(casebook, name) if name else None


def _one_of(value: str | None, allowed: tuple[str, ...]) -> str:
    return value if value in allowed else allowed[0]


def _mentioned(made: Made) -> str:
    return ", ".join(key.removeprefix("contact_") for key in made.mentioned)


@bp.get("/authorities")
def list_authorities(error: str = "", status: int = 200) -> Response:
    """To whom cases can be referred."""
    with desk() as opened:
        known = authorities.listed(opened.casebook)
    return page("authorities", status, authorities=known, form=request.form if error else {}, error=error)


@bp.post("/authorities")
def change_authorities() -> AnyResponse:
    """Add one, or take one away."""
    form = request.form
    try:
        with desk(writing=True) as opened:
            if form.get("remove"):
                authorities.remove(opened, form["remove"])
            else:
                authorities.add(
                    opened,
                    form.get("name", "").strip(),
                    form.get("title", "").strip(),
                    police=form.get("police") == "yes",
                    recipient=form.get("recipient", "").strip() or None,
                )
    except DeskError as error:
        return list_authorities(str(error), 409)
    say("The authority is removed." if form.get("remove") else "The authority is saved.")
    return redirect("/authorities", 303)
