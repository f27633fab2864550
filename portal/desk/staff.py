"""Who of the desk is named in a text that would go to a reporter.

Rules kept here: the list is this desk's own and stays in its casebook; names are compared word by word without accents
and case, telephone numbers by their digits. A warning names the entry, and the caseworker decides.
"""

import re
import unicodedata

import msgspec
import phonenumbers

from portal.desk import preferences
from portal.desk.casebook import Casebook

KEY = "staff"
REGION = "LU"
"""Numbers without a country code are of this country."""
_PART_CHARACTERS = 3
"""A part of a name that is shorter is in too many words."""


class Staff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who works here, and what must not reach a reporter."""

    name: str
    addresses: list[str] = []
    """Postal and mail addresses."""
    phones: list[str] = []


LIST = preferences.define(
    KEY,
    list[Staff],
    [],
    "People of this desk: an answer that names one of them is held back until somebody confirms it.",
    example='[{"name": "Ana Alves", "addresses": ["ana@example.org"], "phones": ["26 12 34 56"]}]',
    private=True,
)


def mentions(casebook: Casebook, text: str) -> list[str]:
    """What of the staff list stands in `text`: sentences, empty where nothing does."""
    people: list[Staff] = preferences.value(casebook, LIST)
    words, plain, numbers = _words(text), " ".join(_words(text)), _numbers(text)
    found = []
    for person in people:
        for part in _words(person.name):
            if len(part) >= _PART_CHARACTERS and part in words:
                found.append(f"It has “{part}”, a name of {person.name}.")
        for address in person.addresses:
            if (folded := " ".join(_words(address))) and f" {folded} " in f" {plain} ":
                found.append(f"It has an address of {person.name}.")
        if numbers & {number for phone in person.phones for number in _numbers(phone)}:
            found.append(f"It has a telephone number of {person.name}.")
    return found


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.findall(r"\w+", bare)


def _numbers(text: str) -> set[str]:
    matcher = phonenumbers.PhoneNumberMatcher(text, REGION, leniency=phonenumbers.Leniency.POSSIBLE)
    return {phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164) for match in matcher}
