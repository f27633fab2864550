"""The countries of ISO 3166-1, with their names in the reader's language (Unicode CLDR, through Babel)."""

import re
import unicodedata
from functools import cache

from babel import Locale

FREQUENT = ("LU", "BE", "DE", "FR", "PT", "ES", "IT", "NL", "TR", "MA", "TH", "KH", "PH")
"""Shown first: Luxembourg, its neighbours, and countries to which its residents travel. A shortcut, no statistic."""

# Two letters that CLDR names and ISO 3166-1 does not assign: reserved for parts of other entries (AC Ascension, TA
# Tristan da Cunha, CP Clipperton, CQ Sark, DG Diego Garcia, EA Ceuta and Melilla, IC Canary Islands) or for unions (EU,
# EZ, UN), or free for private use (QO, XA, XB, ZZ). XK, Kosovo, is for private use too, and stays: people report from
# there.
_NOT_COUNTRIES = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"))
# Luxembourg's Portuguese speakers come from Portugal; plain "pt" is Brazil's in CLDR.
_LOCALES = {"pt": "pt_PT"}
# CLDR says "Hong Kong SAR China", in French under R and in German under S: nobody looks there.
_SHORT = {
    "HK": {"en": "Hong Kong", "fr": "Hong Kong", "de": "Hongkong", "lb": "Hongkong", "pt": "Hong Kong"},
    "MO": {"en": "Macao", "fr": "Macao", "de": "Macau", "lb": "Macau", "pt": "Macau"},
}


@cache
def choices(language: str) -> list[tuple[str, str]]:
    """Every country as (ISO 3166-1 alpha-2 code, name), sorted by name as a dictionary of the language does."""
    return sorted(_names(language).items(), key=lambda country: _collation(country[1]))


@cache
def frequent(language: str) -> list[tuple[str, str]]:
    """The countries to show first, as (code, name) in the order of `FREQUENT`; they are in `choices` as well."""
    return [(code, name(code, language)) for code in FREQUENT]


def is_country(code: str) -> bool:
    """Whether `code` is an ISO 3166-1 alpha-2 code in capitals, or XK."""
    return code in _names("en")


def name(code: str, language: str) -> str:
    """The name of the country in `language`. Raises KeyError if there is no such country."""
    return _names(language)[code]


@cache
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse(_LOCALES.get(language, language)).territories
    codes = [code for code in map(str, territories) if re.fullmatch("[A-Z]{2}", code) and code not in _NOT_COUNTRIES]
    return {code: _SHORT.get(code, {}).get(language) or territories[code] for code in codes}


def _collation(text: str) -> tuple[str, str]:
    """Letters first, their accents only between names that are otherwise the same (Unicode UTS #10, two levels)."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if unicodedata.category(c) != "Mn")
    return plain, text
