"""Known vulnerabilities of Python packages, from `all.zip` of the ecosystem PyPI as osv.dev exports it.

One JSON file an advisory (ossf.github.io/osv-schema). pip-audit asks OSV's service what is known of a version, one
question a package; `Database.known` answers as that service does, by the schema's "evaluation algorithm".
"""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from deploy.supply.errors import SupplyError

ECOSYSTEM = "PyPI"
LARGEST = 16 * 1024 * 1024
"""An advisory may have so many bytes; the largest that were seen have less than one million."""


class Database:
    """The advisories of the named packages."""

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        """Read the export at `path`. Raises SupplyError if it is none: an empty one would find everything well."""
        self._of: dict[str, list[dict[str, Any]]] = {canonicalize_name(name): [] for name in names}
        self.count = 0
        """Advisories for PyPI, of whatever package."""
        self.newest = ""
        """When the newest of them was changed, RFC 3339."""
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    if entry.filename.endswith(".json") and entry.file_size <= LARGEST:
                        self._add(msgspec.json.decode(archive.read(entry), type=dict[str, Any]))
        except (OSError, zipfile.BadZipFile, msgspec.MsgspecError, AttributeError, KeyError, TypeError) as error:
            raise SupplyError(f"{path} is no export of osv.dev that can be read: {error}.") from None
        if not self.count:
            raise SupplyError(f"{path} has no advisory for {ECOSYSTEM}: fetch the export of that ecosystem.")

    def _add(self, advisory: dict[str, Any]) -> None:
        names = {canonicalize_name(affected["package"]["name"]) for affected in _affected(advisory)}
        if names:
            self.count += 1
            self.newest = max(self.newest, advisory["modified"])
        for name in names & self._of.keys():
            self._of[name].append(advisory)

    def known(self, name: str, version: str) -> list[dict[str, Any]]:
        """The advisories that are about this version."""
        name = canonicalize_name(name)
        return [advisory for advisory in self._of.get(name, ()) if _concerns(advisory, name, version)]


def _affected(advisory: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in advisory.get("affected", ()) if one.get("package", {}).get("ecosystem") == ECOSYSTEM]


def _concerns(advisory: Mapping[str, Any], name: str, version: str) -> bool:
    for one in _affected(advisory):
        if canonicalize_name(one["package"]["name"]) != name:
            continue
        ranges = [each["events"] for each in one.get("ranges", ()) if each["type"] == "ECOSYSTEM"]
        if version in one.get("versions", ()) or any(_within(version, events) for events in ranges):
            return True
    return False


def _within(version: str, events: Iterable[Mapping[str, str]]) -> bool:
    """Whether the events of a range leave `version` affected; so they do if one of them cannot be read."""
    inside = False
    try:
        this = Version(version)
        steps = sorted((Version(value), kind) for event in events for kind, value in event.items() if kind in _STEPS)
    except InvalidVersion:
        return True
    for at, kind in steps:
        if this > at or (this == at and kind != "last_affected"):
            inside = kind == "introduced"
    return inside


_STEPS = ("introduced", "fixed", "last_affected")
"""What an event of a range can be; the fourth, a limit, is for branches of a repository."""
