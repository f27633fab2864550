"""What every form of ours has: the token that shows that it came from our page, and the values that it is shown with.

What a channel's form asks, and whether the answers fit, is `portal.channels`' business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from flask import request
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal import countries
from portal.web.languages import gettext
from portal.web.notices import TokenRefused
from portal.web.visitor import VisitorToken, came_with_cookie, visitor


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A form as far as CSRF is concerned. The check cannot be switched off, not even in tests."""

    class Meta:
        csrf = True
        csrf_class = VisitorToken
        csrf_field_name = "csrf_token"


def csrf_token() -> str:
    """The token for the forms of this visitor."""
    visitor()
    return str(TokenForm(formdata=None).csrf_token.current_token)


def require_token() -> None:
    """Raises TokenRefused unless the request carries the token of its cookie."""
    if not TokenForm(formdata=request.form).validate():
        raise TokenRefused(no_cookie=not came_with_cookie())


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: its name (also its id on the page), its label, and what to do."""

    field: str
    label: str
    message: str


class View:
    """What the fields of a form are shown with: nothing yet, or what was typed, and what is wrong with it."""

    def __init__(self, typed: MultiDict[str, str] | None = None, errors: Iterable[FieldError] = ()) -> None:
        self._typed = typed
        self._values = {} if typed is None else dict(typed.lists())
        self._errors = {error.field: error.message for error in errors}

    @property
    def is_typed(self) -> bool:
        """Whether this is a form that was sent before."""
        return self._typed is not None

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return self._values[name][0] if name in self._values else ""

    def is_chosen(self, name: str, value: str, default: str = "") -> bool:
        """Whether this option is chosen; in a new form that is its default."""
        return value == default if self._typed is None else value in self._values.get(name, ())

    def error(self, *names: str) -> str:
        """What is wrong with a field, or with one of several that belong together."""
        return next((self._errors[name] for name in names if name in self._errors), "")

    def is_used(self, block: str) -> bool:
        """Whether a block, whose names begin with `block`, has to be open: something in it is filled in or wrong."""
        return any(name.startswith(block) for name in self._errors) or any(
            name.startswith(block) and any(values) for name, values in self._values.items()
        )


def country_options(language: str, chosen: str) -> Markup:
    """The options of a list of countries, the frequent ones first."""
    options = _country_options(language)
    if countries.is_country(chosen):
        options = options.replace(f'value="{chosen}"', f'value="{chosen}" selected', 1)
    return Markup(options)  # noqa: S704 - names and codes were escaped one by one


@cache
def _country_options(language: str) -> str:
    """Made once a language: it is the largest part of a form."""
    groups = ((gettext("Often named"), countries.frequent(language)), (gettext("All"), countries.choices(language)))
    return "".join(
        Markup('\n<optgroup label="{}">{}</optgroup>').format(
            label, Markup("").join(Markup('\n<option value="{}">{}').format(code, name) for code, name in group)
        )
        for label, group in groups
    )
