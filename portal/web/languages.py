"""In which language a page is, and its texts.

The catalogues are the .po files under `portal/translations`, compiled in memory at the start: what a translator
edits is what runs. English is in the templates themselves.
"""

from collections.abc import Sequence
from datetime import date
from importlib import resources
from io import BytesIO

import flask_babel
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Request, current_app, g, request
from flask_babel import Babel, Domain, LazyString, get_locale

NAMES = {"en": "English", "fr": "Français", "de": "Deutsch", "lb": "Lëtzebuergesch", "pt": "Português"}
"""Each language in itself."""
SOURCE = "en"
_DATES = {"en": "en_GB"}
"""Whose habits a date follows, where the language alone does not say it."""


class Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's domain, over catalogues that were compiled at the start.

    Each language may have a second one, `informal.po`, with the messages that sound different to a child.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        super().__init__()
        self._catalogues = {(name, informal): load(name, informal) for name in languages for informal in (False, True)}

    def get_translations(self) -> NullTranslations:
        """The catalogue of the page at hand."""
        return self._catalogues[get_locale().language, "informal" in g]


def load(language: str, informal: bool = False) -> NullTranslations:
    """The catalogue of `language`, compiled from its .po files; an empty one for English."""
    if language == SOURCE:
        return NullTranslations()
    catalogue = _compiled(language, "messages")
    if informal:
        formal, catalogue = catalogue, _compiled(language, "informal")
        catalogue.add_fallback(formal)
    return catalogue


def _compiled(language: str, name: str) -> Translations:
    path = resources.files("portal").joinpath("translations", language, "LC_MESSAGES", f"{name}.po")
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(path.read_bytes()), locale=language))
    compiled.seek(0)
    return Translations(compiled)


def speak_informally() -> None:
    """From here on this page speaks as one does to a child (tu, du)."""
    g.informal = True


def install(app: Flask, languages: Sequence[str]) -> None:
    """Let templates and `gettext` of `app` speak the language of each request."""
    babel = Babel(app, default_locale=SOURCE, locale_selector=current)
    babel.domain_instance = Catalogues(languages)
    app.config["LANGUAGES"] = tuple(languages)


def gettext(text: str, **values: object) -> str:
    """`text`, which is English, in the language of the page."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """`one` or `many`, as the language of the page counts."""
    return str(flask_babel.ngettext(one, many, num, **values))


def lazy_gettext(text: str) -> LazyString:
    """As `gettext`, but it is translated when it is shown: for what stands in a module."""
    return flask_babel.lazy_gettext(text)


def long_date(day: date) -> str:
    """A day in the language of the page."""
    return format_date(day, "long", locale=_DATES.get(current(), current()))


def current() -> str:
    """The language of the page that is being made."""
    if "language" not in g:
        g.language = choose(request, current_app.config["LANGUAGES"])
    return str(g.language)


def choose(asked: Request, languages: Sequence[str]) -> str:
    """What the path says, also one that is no page; else what the browser prefers; else the first."""
    first = asked.path.strip("/").partition("/")[0]
    if first in languages:
        return first
    return asked.accept_languages.best_match(languages, languages[0]) or languages[0]
