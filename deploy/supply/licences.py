"""The licence of every package that a portal or a desk runs on, and docs/licences.md, which lists them.

Rules kept here: a licence is an SPDX expression that the package's metadata names, or that a person read (read.toml);
each part of it that must be obeyed is listed as compatible with GPL-3.0-or-later.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from license_expression import ExpressionError, LicenseExpression, get_spdx_licensing

from deploy.supply.errors import SupplyError
from deploy.supply.locks import Pin

READ = Path(__file__).with_name("read.toml")
HEAD = Path(__file__).with_name("licences.md")
"""What stands over the table in docs/licences.md."""
COMPATIBLE = {
    "0BSD": "permissive",
    "Apache-2.0": "permissive; compatible with version 3 of the GPL, not with version 2",
    "BSD-2-Clause": "permissive",
    "BSD-3-Clause": "permissive",
    "CC0-1.0": "no conditions",
    "ISC": "permissive",
    "LGPL-3.0-only": "the GPL's version 3 with more permissions",
    "MIT": "permissive",
    "MIT-0": "permissive",
    "MIT-CMU": "permissive",
    "MPL-2.0": "its section 3.3 allows a larger work under the GPL; no file here opts out of that",
    "OFL-1.1": "fonts: they lie beside the program and are not part of it",
    "PSF-2.0": "permissive",
    "ZPL-2.1": "permissive",
    "Zlib": "permissive",
}
"""Licences whose works can be part of a program under GPL-3.0-or-later, and why (gnu.org, "Various licenses")."""
_SPDX = get_spdx_licensing()


@dataclass(frozen=True)
class Package:
    """A package of a lock file, and what its installed metadata says."""

    pin: Pin
    summary: str
    licence: str
    """SPDX expression."""


def package(pin: Pin) -> Package:
    """What is installed for `pin`. Raises SupplyError if it is another version, or its licence is not known."""
    try:
        found = distribution(pin.name)
    except PackageNotFoundError:
        raise SupplyError(f"{pin.name} is locked and not installed: run scripts/setup --dev.") from None
    if found.version != pin.version:
        raise SupplyError(f"{pin.name} is locked as {pin.version}, not {found.version}: run scripts/setup --dev.")
    return Package(pin, str(found.metadata.json.get("summary", "")), _licence(pin.name, found))


def check(packages: Sequence[Package]) -> None:
    """Raise SupplyError for the first package that cannot be part of a program under GPL-3.0-or-later."""
    for one in packages:
        if not compatible(one.licence):
            raise SupplyError(
                f"{one.pin.name} has the licence {one.licence}, which is not listed as compatible with "
                "GPL-3.0-or-later in deploy/supply/licences.py: do without it, or find out and list it."
            )


def compatible(expression: str) -> bool:
    """Whether an SPDX expression lets a work be part of a program under GPL-3.0-or-later."""
    return _allows(_SPDX.parse(expression, validate=True))


def page(portal: Sequence[Package], desk: Sequence[Package]) -> str:
    """docs/licences.md. Raises SupplyError."""
    check([*portal, *desk])
    lines = [HEAD.read_text("utf-8"), "| package | version | licence | where |", "| --- | --- | --- | --- |"]
    read = _read()
    packages = {one.pin.name: one for one in (*portal, *desk)}
    places = {"portal": {one.pin.name for one in portal}, "desk": {one.pin.name for one in desk}}
    for name, one in sorted(packages.items()):
        mark = " (read)" if name in read else ""
        where = ", ".join(place for place, names in places.items() if name in names)
        lines.append(f"| {name} | {one.pin.version} | {one.licence}{mark} | {where} |")
    lines += ["", "## Why these licences fit", "", "| licence | |", "| --- | --- |"]
    used = {str(symbol) for one in packages.values() for symbol in _SPDX.license_symbols(one.licence)}
    lines += [f"| {licence} | {why} |" for licence, why in COMPATIBLE.items() if licence in used]
    return "\n".join(lines) + "\n"


def _allows(expression: LicenseExpression) -> bool:
    """One part of an OR is enough, an AND needs all; "+" and exceptions are listed as what they are."""
    parts = getattr(expression, "args", ())
    if not parts:
        return str(expression) in COMPATIBLE
    together = any if expression.operator.strip() == "OR" else all
    return together(_allows(part) for part in parts)


def _licence(name: str, found: Distribution) -> str:
    read = _read().get(name)
    if read is None:
        about = found.metadata.json
        try:
            parsed = _SPDX.parse(str(about.get("license_expression", about.get("license", ""))), validate=True)
        except ExpressionError:
            parsed = None
        if parsed is None:
            raise SupplyError(
                f"The metadata of {name} names no SPDX licence: read its licence file, and put it into {READ.name}."
            )
        return str(parsed)
    texts = [path.read_bytes() for path in _texts(found)]
    if read["sha256"] not in {hashlib.sha256(text).hexdigest() for text in texts}:
        raise SupplyError(f"The licence text of {name} is not the one that was read: read it, then mend {READ.name}.")
    return read["licence"]


def _texts(found: Distribution) -> list[Path]:
    return [
        Path(str(path.locate()))
        for path in found.files or ()
        if ".dist-info" in path.parts[0] and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))
    ]


def _read() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(READ.read_text("utf-8"))
