"""Who is asking: the one cookie, and the CSRF token that follows from it (docs/format.md section 14).

The cookie is 32 random bytes and says nothing. There is no session behind it, and no time in it or in the token.
"""

from typing import Any

from flask import Response, g, request
from wtforms import ValidationError
from wtforms.csrf.core import CSRF, CSRFTokenField

from portal.tickets import COOKIE, new_visitor, parse_visitor, visitor_text
from portal.web.site import current_site


def visitor() -> bytes:
    """The visitor of this request, 32 bytes; a new one if there was no cookie."""
    if "visitor" not in g:
        found = parse_visitor(request.cookies.get(COOKIE))
        g.visitor = found or new_visitor()
        g.cookie_is_due = found is None
    return bytes(g.visitor)


def came_with_cookie() -> bool:
    """Whether the browser sent a cookie of ours."""
    return parse_visitor(request.cookies.get(COOKIE)) is not None


def forget() -> None:
    """Give the browser a new cookie: what the old one could show is gone."""
    g.visitor = new_visitor()
    g.cookie_is_due = True


def set_cookie(response: Response) -> None:
    """Set the cookie where it is new.

    SameSite is Lax: under Strict a second tab, opened from a link elsewhere, would replace the cookie and break the
    form that is open. Not Secure: an onion address is http.
    """
    if g.get("cookie_is_due"):
        response.set_cookie(COOKIE, visitor_text(g.visitor), httponly=True, samesite="Lax", path="/")


class VisitorToken(CSRF):  # type: ignore[misc]
    """The CSRF token of a form: the same for all forms of a visitor, as long as the cookie lives."""

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        """The token that the form is shown with."""
        return current_site().intake.seals.csrf_token(visitor())

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Raises ValidationError if the form did not come from a page of this visitor."""
        if not current_site().intake.seals.is_csrf_token(visitor(), field.data or ""):
            raise ValidationError
