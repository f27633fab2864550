"""What every form has: the token that shows that it came from a page of this session."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import ValidationError
from wtforms.csrf.core import CSRF, CSRFTokenField

from portal.desk.web.door import door
from portal.errors import PortevoixError

TOKEN = "csrf_token"
_RESERVED = frozenset({TOKEN, "again", "passphrase", "new-passphrase", "new-passphrase-again"})
"""Fields that are never given back: our own, and secrets."""


class TokenRefused(PortevoixError):
    """A form came without the token of its session."""


class SessionToken(CSRF):
    """The same for all forms of a session."""

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        """The token that a form is shown with."""
        return door().csrf_token()

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Raises ValidationError if the form did not come from here."""
        if not door().is_csrf_token(field.data or ""):
            raise ValidationError


class TokenForm(FlaskForm):
    """A form as far as its token is concerned. The check cannot be switched off, not even in tests."""

    class Meta:
        csrf = True
        csrf_class = SessionToken
        csrf_field_name = TOKEN


def csrf_token() -> str:
    """The token for a form."""
    return str(TokenForm(formdata=None).csrf_token.current_token)


def require_token() -> None:
    """Raises TokenRefused unless the request carries the token of its session."""
    if not TokenForm(formdata=request.form).validate():
        raise TokenRefused(
            "This form did not come from a page of this desk: open the page again and send it from there."
        )


def typed() -> list[tuple[str, str]]:
    """What was sent with the form, to be given back: without the token, and without passphrases."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in _RESERVED]
