"""What somebody types to find cases by a field, as the marks that reports have of it (portal.desk.fingerprints).

    country   a code or a name in one of the five languages: TH, Thailand, Thaïlande
    service   the name of a service, in any spelling
    host      a site, also by one of its addresses; the sites below it are found as well
    account   a user name, alone or as service:name; a telephone number or a mail address that stood in such a field

Pure: what comes out is a condition in SQL on the table `marks`, and its parameters.
"""

from collections.abc import Callable

from portal import countries
from portal.channels import LANGUAGES
from portal.desk import addresses, fingerprints
from portal.errors import DeskError

Condition = tuple[str, tuple[str, ...]]
_ONE = "kind = ? AND value = ?"


def country(text: str) -> Condition:
    """Raises DeskError if no country is called so."""
    code = text.strip().upper()
    if not countries.is_country(code):
        code = _country_called(fingerprints.fold(text))
    return _ONE, ("country", code.casefold())


def service(text: str) -> Condition:
    return _ONE, ("service", fingerprints.service_name(text))


def host(text: str) -> Condition:
    address = addresses.parse(text)
    name = address.host if address else text.strip().casefold()
    below = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return "kind IN ('host', 'host_named') AND (value = ? OR value LIKE ? ESCAPE '\\')", (name, f"%.{below}")


def account(text: str) -> Condition:
    if number := fingerprints.phone(text):
        return _ONE, ("phone", number)
    if address := fingerprints.email(text):
        return _ONE, ("email", address)
    alone = (fingerprints.account("", text) or ":")[1:]
    named, _, name = text.partition(":")
    whole = fingerprints.account(named, name) if name else None
    # A name may have a colon in it, and then is none with a service before it.
    return "kind = 'account' AND (substr(value, instr(value, ':') + 1) = ? OR value = ?)", (alone, whole or alone)


CONDITIONS: dict[str, Callable[[str], Condition]] = {
    "country": country,
    "service": service,
    "host": host,
    "account": account,
}


def _country_called(name: str) -> str:
    for language in LANGUAGES:
        for code, called in countries.choices(language):
            if fingerprints.fold(called) == name:
                return code
    raise DeskError("No country is called so: give its name, or its code of two letters, such as TH.")
