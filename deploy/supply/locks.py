"""The lock files of `requirements`, read strictly. Pure: text in, pins out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.supply.errors import SupplyError

PROJECT = "portevoix"
"""What asks for a direct dependency."""
_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[0-9][0-9a-z.]*)(?: ; [^\\]+)? \\")
_HASH = re.compile(r"    --hash=sha256:([0-9a-f]{64})( \\)?")
_VIA = re.compile(r"    #(?: via|  )(?: (?:-r )?(\S+)(?: \(.+\))?)?")


@dataclass(frozen=True)
class Pin:
    """One package of a lock file: its version, the SHA-256 (hex) of each file that pip may take, who asks for it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]


def read(text: str) -> list[Pin]:
    """Every pin of a lock file, by name. Raises SupplyError for a line that pip-compile does not write."""
    return [_pin(lines) for lines in _blocks(text)]


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each package; comments that stand at the left are nobody's."""
    block: list[str] = []
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        if not line.startswith(" ") and block:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _pin(lines: list[str]) -> Pin:
    first = _PIN.fullmatch(lines[0])
    hashes = [found for line in lines[1:] if (found := _HASH.fullmatch(line))]
    asked = [found for line in lines[1:] if (found := _VIA.fullmatch(line))]
    if first is None or len(hashes) + len(asked) + 1 != len(lines):
        raise SupplyError(f"`{lines[0]}` is not locked as pip-compile does it: run scripts/lock.")
    if not hashes or [bool(found[2]) for found in hashes] != [True] * (len(hashes) - 1) + [False]:
        raise SupplyError(f"`{lines[0]}` has no hash, or not all of its hashes count: run scripts/lock.")
    wanted_by = tuple(sorted({found[1] for found in asked if found[1]}))
    return Pin(first["name"], first["version"], tuple(found[1] for found in hashes), wanted_by)
