"""Pages for what went wrong before or outside of a form, in the reader's language, also for paths that do not exist."""

import logging
from typing import Any, NamedTuple

from babel.numbers import format_decimal
from flask import Flask, request
from flask_babel import LazyString
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal import logs
from portal.limits import MIB, TYPED_BYTES
from portal.web.languages import current
from portal.web.languages import lazy_gettext as _l
from portal.web.notices import RETRY_SECONDS, is_scarcity
from portal.web.page import Page, render
from portal.web.site import current_site

_log = logging.getLogger(__name__)
Headers = list[tuple[str, str]]


class _Text(NamedTuple):
    heading: LazyString
    sentences: tuple[LazyString, ...]


_TEXTS = {
    400: _Text(
        _l("The portal could not read this request."),
        (_l("Nothing has been sent. Go back with the button “Back”: what you typed is there. Send it again."),),
    ),
    403: _Text(_l("This is not allowed."), (_l("Go to the start and open the page from there."),)),
    404: _Text(_l("There is no such page."), (_l("Perhaps a letter of the address is missing. Go to the start."),)),
    405: _Text(_l("This page cannot be opened in this way."), (_l("Go to the start and open the page from there."),)),
    413: _Text(
        _l("That was more than the portal can take."),
        (
            _l("Nothing has been sent. One file may have up to %(each)d MB, all together up to %(all)d MB."),
            _l("All text together may have up to %(text)s bytes."),
            _l(
                "Go back with the button “Back”: what you typed is there. Choose smaller or fewer files, or "
                "shorten the text."
            ),
        ),
    ),
    429: _Text(_l("Too many requests at once."), (_l("Wait a minute, then load the page again."),)),
    500: _Text(
        _l("Something went wrong at the portal."),
        (
            _l("It is not your fault. Wait a minute, then load the page again."),
            _l("If you were sending something: send it once more. It is not stored twice."),
        ),
    ),
    503: _Text(
        _l("The portal cannot answer right now."),
        (
            _l("Wait a few minutes, then load the page again."),
            _l("If you were sending something: send it once more. It is not stored twice."),
        ),
    ),
}
_TEXTS[507] = _Text(
    _l("The portal has no room for files at the moment."),
    (_l("Nothing has been sent. Go back with the button “Back”: what you typed is there. Send it without the files."),),
)
_TEXTS_WITHOUT_FILES = {
    413: _Text(
        _TEXTS[413].heading,
        (
            _l("Nothing has been sent. All text together may have up to %(text)s bytes."),
            _l("Go back with the button “Back”: what you typed is there. Shorten the text."),
        ),
    ),
    507: _TEXTS[503],
}
"""Instead of those above, for pages that take no files."""
_RETRY = (429, 503, 507)
GATEWAY = _Text(
    _l("Open this page in Tor Browser."),
    (
        _l(
            "You have come through a website that stands between you and this portal. It sees everything that you "
            "type, and it knows where you are."
        ),
        _l("Nothing can be reported in this way. Install Tor Browser, and open the address that ends in .onion in it."),
        _l("If you have typed something already: the button “Back” brings it back. Copy it before you close the page."),
    ),
)
WRONG_HOST = _Text(
    _l("There is no portal at this address."),
    (_l("Check the address, letter by letter: it ends in .onion, and nothing follows."),),
)


def error_page(status: int, text: _Text | None = None, path: str | None = None) -> Page:
    """The page for an error; a status that has no words of its own gets those of 400.

    `path` is what was asked for, where that is not the path of the request.
    """
    texts = _TEXTS if _takes_files(request.path if path is None else path) else _TEXTS | _TEXTS_WITHOUT_FILES
    text = text or texts.get(status) or texts[400]
    settings = current_site().settings
    sizes = {
        "each": settings.attachment_bytes // MIB,
        "all": settings.submission_bytes // MIB,
        "text": format_decimal(TYPED_BYTES, locale=current()),
    }
    return render(
        "error",
        status=status,
        headers={"Retry-After": str(RETRY_SECONDS)} if status in _RETRY else None,
        heading=text.heading,
        sentences=[str(sentence) % sizes if "%(" in str(sentence) else sentence for sentence in text.sentences],
    )


def _takes_files(path: str) -> bool:
    """Whether what was sent to `path` may have had files; True where the path does not tell."""
    match path.partition("?")[0].strip("/").split("/"):
        case [_, "report", key]:
            channel = current_site().channels.get(key)
            return channel is None or channel.attachments
        case [_, "mailbox", *_]:
            return False
    return True


def register(app: Flask) -> None:
    """Give every error of `app` its page."""

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> Page:
        status = error.code if error.code and error.code >= 400 else 400
        page = error_page(503 if is_scarcity(error) else status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            page.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return page


class Portal(Flask):
    """Flask, but that an exception leaves only its type and its place in the code in the log.

    Flask's own line names the path and the time of the request, and a traceback may hold what was typed.
    """

    def log_exception(self, exc_info: Any) -> None:
        """Log the exception that nobody handled."""
        kind, _, trace = exc_info
        _log.error("%s at %s", kind.__name__, logs.place(trace))


def page_for_server(app: Flask, status: int, path: str = "/", accept_language: str = "") -> tuple[str, Headers, bytes]:
    """The page for an error that the server finds before a request reaches `app`, on a connection that it closes.

    Returns status line (without the protocol), headers and body; `path` and `accept_language` choose the language, as
    far as the server knows them.
    """
    first = path.strip("/").partition("/")[0]
    known = f"/{first}/" if first in app.config["LANGUAGES"] else "/"
    with app.test_request_context(known, headers={"Accept-Language": accept_language, "Connection": "close"}):
        page = app.process_response(error_page(status, path=path))
        return page.status, list(page.headers), page.get_data()
