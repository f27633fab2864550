"""What two reports can have in common, in one normal form: addresses, accounts, places, telephone numbers, e-mail.

Rules kept here: the same input gives the same marks; the normal form of a normal form is itself; nothing raises, since
what is read here was written by strangers; the reporter's own contact details (`contact_…`) are never marks. From
running text only what cannot be anything else is taken: a full address, an e-mail, a number with its country code.

Pure. What a mark means to a caseworker is written in `portal.desk.linking`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import phonenumbers

from portal.desk.addresses import Address, in_text, parse

Kind = Literal["url", "host", "host_named", "account", "place", "stay", "phone", "email", "country", "service"]
"""url: an address. host: the site of an address that was reported as such. host_named: the site of another address.
account: service and user name. place: country, town and name of the place. stay: the same, or country and town alone,
in one month. country, service: said in a field; too common to link two cases, but searched for."""

REGION = "LU"
"""Where a telephone number without a country code was written down."""
MARKS = 500
"""Marks of one message: a form cannot be made to fill the casebook."""
MONTHS = 12
"""Months of one stay; a longer one is known by its first."""
_PHONE_TRIES = 100
_PHONE_DIGITS = range(6, 16)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w@-])")
_ONLY_PHONE = re.compile(r"[+(]?\d[\d\s()./-]{4,30}")
_INTERNATIONAL = re.compile(r"(?:\+|\b00)[1-9][\d\s()./-]{5,24}\d")
_ROOM = re.compile(r"\b(?:room|zimmer|chambre|quarto|rm|zi)\.? *(?:no|nr|n)?[.°º]? *\d+\w?\b")
_ENDINGS = re.compile(r"\.(?:com|net|org|lu|de|fr|app|gg|me)$")
_UNKNOWN = "unknown"


class Mark(NamedTuple):
    """One thing that other cases may have too."""

    kind: Kind
    value: str


def marks(answers: Mapping[str, Any], narrative: str) -> set[Mark]:
    """The marks of one report; `answers` as in report.json, of any channel and version, at most `MARKS` of them."""
    found: set[Mark] = set()
    for mark in _marks(answers, narrative):
        found.add(mark)
        if len(found) == MARKS:
            break
    return found


def fold(text: str) -> str:
    """Text without case, accents or punctuation: words with one blank between them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", " ".join(re.findall(r"\w+", kept.casefold())))


def phone(text: str) -> str | None:
    """A telephone number as E.164; None if this is not one, and nothing else."""
    if not _ONLY_PHONE.fullmatch(text.strip()):
        return None
    if sum(character.isdecimal() for character in text) not in _PHONE_DIGITS:
        return None
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    return _e164(number) if phonenumbers.is_valid_number(number) else None


def email(text: str) -> str | None:
    """An e-mail address in lower case; None if this is not one, and nothing else."""
    return text.strip().lower() if _EMAIL.fullmatch(text.strip()) else None


def account(service: str, username: str) -> str | None:
    """A user name and its service, `service:name`; None if there is no name. The service may be empty."""
    name = unicodedata.normalize("NFKC", username).strip().lstrip("@").casefold()
    name = " ".join(unicodedata.normalize("NFC", name).split())
    return f"{service_name(service)}:{name}" if name else None


def service_name(service: str) -> str:
    """The name of a service without case, blanks, accents or `.com`."""
    bare = _ENDINGS.sub("", service.strip().casefold())
    return fold(bare).replace(" ", "").removeprefix("www")


def place_name(text: str) -> str:
    """The name of a place: its words in alphabetical order, so that "Hotel Sunrise" is "Sunrise Hotel"; no room."""
    return " ".join(sorted(set(fold(_ROOM.sub(" ", text.casefold())).split())))


def _marks(answers: Mapping[str, Any], narrative: str) -> Iterator[Mark]:
    yield from _fields(answers)
    yield from _places(answers)
    yield from _accounts(answers)
    for key, text in _texts(answers):
        if key != "urls":
            yield from _running(text)
    yield from _running(narrative)


def _fields(answers: Mapping[str, Any]) -> Iterator[Mark]:
    for line in _list(answers.get("urls")):
        address = parse(line) if isinstance(line, str) else None
        if address is not None:
            yield from _address(address, "host")
    for key in ("country", "child_country"):
        if (country := _text(answers.get(key))) and country != _UNKNOWN:
            yield Mark("country", country.casefold())
    for key in ("service_name",):
        if service := service_name(_text(answers.get(key))):
            yield Mark("service", service)


def _address(address: Address, kind: Literal["host", "host_named"]) -> Iterator[Mark]:
    yield Mark("url", str(address))
    if address.host:
        yield Mark(kind, address.host)


def _accounts(answers: Mapping[str, Any]) -> Iterator[Mark]:
    service = _text(answers.get("service_name"))
    for block in _blocks(answers.get("account")):
        yield from _account(service, _text(block.get("username")))
        if address := parse(_text(block.get("profile"))):
            yield from _address(address, "host_named")
    for block in _blocks(answers.get("suspect")):
        yield from _account("", _text(block.get("account")))
    yield from _account("", _text(answers.get("poster")))


def _account(service: str, name: str) -> Iterator[Mark]:
    """What stands in a field for an account may as well be a number, a mail address or a page."""
    if number := phone(name):
        yield Mark("phone", number)
    elif address := email(name):
        yield Mark("email", address)
    elif not any(in_text(name)) and (known := account(service, name)):
        yield Mark("account", known)


def _places(answers: Mapping[str, Any]) -> Iterator[Mark]:
    country = _text(answers.get("country")).casefold()
    town = fold(_text(answers.get("city")) or _text(answers.get("place")))
    name = place_name(_text(answers.get("place_name")) or _text(answers.get("institution")))
    country = "" if country == _UNKNOWN else country
    if not (country or town) or not (town or name):
        return
    where = f"{country}|{town}|{name}"
    if name:
        yield Mark("place", where)
    for month in _months(answers.get("date_from"), answers.get("date_to")):
        yield Mark("stay", f"{where}|{month}")


def _months(first: object, last: object) -> Iterator[str]:
    """The months from `first` to `last`, as far as they are known."""
    start, end = _month(first), _month(last)
    if start is None:
        return
    end = start if end is None or not 0 <= end - start < MONTHS else end
    for month in range(start, end + 1):
        yield f"{month // 12:04}-{month % 12 + 1:02}"


def _month(date: object) -> int | None:
    """Months since the year 0; None if the month is not known."""
    if not isinstance(date, dict):
        return None
    year, month = date.get("year"), date.get("month")
    if type(year) is not int or type(month) is not int or not (0 < year < 10_000 and 0 < month <= 12):
        return None
    return year * 12 + month - 1


def _running(text: str) -> Iterator[Mark]:
    """What running text holds beyond doubt."""
    for address in in_text(text):
        yield from _address(address, "host_named")
    for match in _EMAIL.finditer(text):
        yield Mark("email", match[0].lower())
    for match in _INTERNATIONAL.finditer(text):
        # Without a region, so that no part of a number that is none is taken for one of this country.
        whole = "+" + match[0].removeprefix("+").removeprefix("00")
        for number in phonenumbers.PhoneNumberMatcher(whole, None, max_tries=_PHONE_TRIES):
            yield Mark("phone", _e164(number.number))


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _texts(answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text of the answers but the reporter's contact details, with the key of its question."""
    for key, answer in answers.items():
        if not key.startswith("contact"):
            for text in strings(answer):
                yield key, text


def strings(value: object) -> Iterator[str]:
    """Every string in decoded JSON, keys left out."""
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _blocks(value: object) -> Iterator[dict[str, Any]]:
    return (block for block in _list(value) if isinstance(block, dict))
