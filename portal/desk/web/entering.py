"""Coming in, the passphrase, locking, and closing the desk."""

import re

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk.web import guarding
from portal.desk.web.door import door
from portal.desk.web.errors import lock_page, plain_page
from portal.desk.web.forms import typed
from portal.desk.web.showing import page
from portal.errors import DeskError, WrongPassphrase

bp = Blueprint("entering", __name__)
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
_HERE = frozenset({"target", "method", "person"})


@bp.get("/enter")
def enter() -> AnyResponse:
    """The address of the terminal: its token becomes the cookie of a session."""
    session = door().enter(request.args.get("token", ""))
    if session is None:
        return plain_page(
            403, "This address was used already.", "Open the address that `desk open` printed after it in the terminal."
        )
    answer = redirect("/", 303)
    answer.set_cookie(guarding.cookie(), session, httponly=True, samesite="Strict", path="/")
    return answer


@bp.get("/locked")
def locked() -> AnyResponse:
    """Where a page that was left alone goes."""
    door().lock_if_idle()
    return lock_page(status=200) if door().is_locked else redirect("/", 303)


@bp.post("/unlock")
def unlock() -> AnyResponse:
    """Take the passphrase, and go on where the desk was when it locked."""
    before = door().person
    try:
        door().unlock(request.form.get("person") or before, request.form.get("passphrase", ""))
    except WrongPassphrase:
        return _asked_again("This passphrase does not open the keyring: type it once more.")
    except DeskError as error:
        return _asked_again(str(error))
    target = _target()
    if request.form.get("method") != "POST":
        return redirect(target, 303)
    return page("again", target=target, sent=_sent(), changed=door().person != before)


@bp.post("/lock")
def lock() -> AnyResponse:
    """Drop the keyring."""
    door().lock()
    return redirect("/locked", 303)


@bp.post("/close")
def close() -> Response:
    """End the program."""
    door().lock()
    current_app.extensions["stop"]()
    return plain_page(200, "The desk is closed.", "You can close this page. `desk open` opens the desk again.")


def _asked_again(error: str) -> Response:
    sent = _sent() if request.form.get("method") == "POST" else []
    return page("locked", 403, people=door().people(), error=error, target=_target(), sent=sent, files=[])


def _target() -> str:
    target = request.form.get("target", "/")
    return target if _OWN_PATH.fullmatch(target) else "/"


def _sent() -> list[tuple[str, str]]:
    return [(name, value) for name, value in typed() if name not in _HERE]
