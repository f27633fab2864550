"""A page and its size.

Rules kept here: an answer's status line, headers and body are together exactly 64 KiB, so that its size does not say
which page it was; a page that gives back what was typed is 128 KiB, always. What is longer still doubles.

A part of what fills a page stands in its forms, and the browser sends it back (`portal.web.pad`).
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, request
from markupsafe import Markup

from portal.limits import KIB
from portal.web import pad
from portal.web.languages import NAMES, current
from portal.web.site import current_site, in_language

PAGE_BYTES = 64 * KIB
"""Status line, headers and body of an answer, bytes."""
KEPT_PAGE_BYTES = 128 * KIB
"""… of one that gives back what was typed, bytes."""
_FILLER = b"<!--%b-->"
_FILLER_BYTES = len(_FILLER % b"")


class Page(Response):
    """One HTML page."""

    default_mimetype = "text/html"
    keeps_typed = False
    """Whether it gives back what was typed."""


def render(
    template: str,
    *,
    status: int = 200,
    here: str = "",
    keeps_typed: bool = False,
    keeps_words: bool = False,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Page:
    """The page that `templates/portal/TEMPLATE.html` makes of `context`.

    `here` is the path below the language at which GET gives this page in another one. `keeps_typed` says that the page
    gives back what was typed, `keeps_words` that it shows a receipt: its links must not lead away from it.
    """
    site = current_site()
    body = render_part(
        template,
        languages=[(name, NAMES[name]) for name in site.languages],
        site_title=in_language(site.settings.title, current()),
        here=here,
        holds_something=keeps_typed or keeps_words,
        **context,
    )
    page = Page(body, status, headers)
    page.keeps_typed = keeps_typed
    return page


def render_part(template: str, **context: Any) -> Markup:
    """A part of a page, or all of it, in the language of the request."""
    address = current_site().onion() or ""
    return Markup(render_template(f"portal/{template}.html", language=current(), address=address, **context))  # noqa: S704


def fill(page: Response) -> None:
    """Lengthen the body by pads and a comment, so that the answer as it goes out has the size of its class."""
    content = page.get_data()
    front = _front_bytes(page)
    size = KEPT_PAGE_BYTES if getattr(page, "keeps_typed", False) else PAGE_BYTES
    while (room := _body_bytes(size - front)) < len(content) + _FILLER_BYTES:
        size *= 2
    content = pad.fill(content, room - len(content) - _FILLER_BYTES)
    page.set_data(content + _FILLER % (b" " * (room - len(content) - _FILLER_BYTES)))


def _front_bytes(page: Response) -> int:
    """Status line, headers and empty line as waitress writes them, all but the line of Content-Length, bytes."""
    lines = [f"HTTP/1.1 {page.status}", *(f"{k}: {v}" for k, v in page.headers if k != "Content-Length"), ""]
    if connection := _connection():
        lines.append(f"Connection: {connection}")
    return len("\r\n".join(lines).encode("latin-1")) + len("\r\n")


def _connection() -> str | None:
    """What the server will write as `Connection` (RFC 9112 section 9.3)."""
    asked = request.headers.get("Connection", "").lower()
    if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return "Keep-Alive" if asked == "keep-alive" else "close"
    return "close" if asked == "close" else None


def _body_bytes(rest: int) -> int:
    """How long a body may be so that it and its Content-Length are `rest` bytes."""
    line = len("Content-Length: \r\n")
    return next(room for digits in range(1, 12) if len(str(room := rest - line - digits)) == digits)
