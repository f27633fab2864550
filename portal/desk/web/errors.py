"""Pages for what did not work: what happened, what to do next, and what was typed."""

import errno
import logging
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal import logs
from portal.desk.web.door import Locked, door
from portal.desk.web.forms import TokenRefused, typed
from portal.desk.web.showing import page
from portal.errors import NoSuchCase, PortevoixError

_log = logging.getLogger(__name__)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_TEXTS = {
    404: ("There is no such page.", "Go to the inbox."),
    405: ("This page cannot be opened in this way.", "Go to the inbox."),
    413: ("That was more than can be taken at once.", "Shorten the text; import a very large file by its path."),
    500: ("Something went wrong in the desk.", "Nothing was changed by it. Go back and do it again."),
}


class Desk(Flask):
    """Flask, but that an exception leaves only its kind and its place in the code on the terminal."""

    def log_exception(self, exc_info: Any) -> None:
        """Log the exception that nobody handled. Its message may hold what somebody typed."""
        kind, _, trace = exc_info
        _log.error("An error in the desk's page: %s at %s", kind.__name__, logs.place(trace))


def plain_page(status: int, heading: str, advice: str) -> Response:
    """A page that shows nothing of the desk."""
    return page("plain", status, heading=heading, advice=advice)


def lock_page(error: str = "", status: int = 403) -> Response:
    """The page that asks for the passphrase, and keeps what was sent meanwhile."""
    sent = typed() if request.method == "POST" else []
    return page(
        "locked",
        status,
        people=door().people(),
        error=error,
        target=_target(),
        sent=sent,
        files=[file.filename for file in request.files.values() if file.filename] if request.method == "POST" else [],
    )


def _target() -> str:
    """Where to go on afterwards."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def problem(message: str, status: int = 409) -> Response:
    """The page for what could not be done."""
    return page("problem", status, message=message, sent=typed() if request.method == "POST" else [])


def register(app: Flask) -> None:
    """Give every error of `app` its page."""

    @app.errorhandler(Locked)
    def explain_locked(error: Locked) -> Response:
        return lock_page()

    @app.errorhandler(TokenRefused)
    def explain_token(error: TokenRefused) -> Response:
        return problem(str(error), 403)

    @app.errorhandler(NoSuchCase)
    def explain_case(error: NoSuchCase) -> Response:
        return problem(
            "There is no case with this number. It may have been erased: the inbox shows what there is.", 404
        )

    @app.errorhandler(PortevoixError)
    def explain(error: PortevoixError) -> Response:
        return problem(str(error))

    @app.errorhandler(OSError)
    def explain_disk(error: OSError) -> Response:
        if error.errno in _NO_ROOM:
            return problem("The disk is full: make room and do this again; what was stored before is safe.", 507)
        return problem(f"{error.filename or 'A file'} cannot be used ({error.strerror}): look at it and its rights.")

    @app.errorhandler(HTTPException)
    def explain_http(error: HTTPException) -> Response:
        code = error.code if error.code and error.code >= 400 else 400
        heading, advice = _TEXTS.get(code, ("The desk could not read this request.", "Go back and do it again."))
        sent = [] if isinstance(error, RequestEntityTooLarge) or code != 500 or request.method != "POST" else typed()
        answer = page("problem", code, message=f"{heading} {advice}", sent=sent)
        if code == 405 and error.get_response().headers.get("Allow"):
            answer.headers["Allow"] = error.get_response().headers["Allow"]
        return answer
