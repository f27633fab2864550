"""The language in which a desk reads the questions and choices of a form, whatever language the reporter used."""

from typing import Literal

from portal.desk import preferences
from portal.desk.casebook import Casebook

Language = Literal["en", "fr", "de"]
LANGUAGE = preferences.define(
    "labels", Language, "en", "The language of the forms' questions and choices as this desk reads them: en, fr or de."
)


def language(casebook: Casebook) -> Language:
    """The language that this desk has chosen."""
    chosen: Language = preferences.value(casebook, LANGUAGE)
    return chosen
