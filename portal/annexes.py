"""Writes the annexes of docs/format.md from the code: the form fields and the JSON schemas.

python -m portal.annexes docs/format.md
"""

import json
import sys
from pathlib import Path

import msgspec

from portal.bundle import Bundle, Pack
from portal.channels.table import table
from portal.report import Reply, Report

_MARK = "\n<!-- What follows is made by scripts/annexes: do not edit it. -->\n"
_STRUCTURES = {
    "report.json": Report,
    "reply.json": Reply,
    "manifest.json of a bundle": Bundle,
    "manifest.json of a pack": Pack,
}


def annexes() -> str:
    """Both annexes, as Markdown."""
    return f"{table()}\n{_schemas()}"


def complete(page: str) -> str:
    """`page` with its annexes as they are now."""
    return page.partition(_MARK)[0] + _MARK + "\n" + annexes()


def _schemas() -> str:
    (schemas, components) = msgspec.json.schema_components(_STRUCTURES.values())
    parts = ["## Annex B. JSON schemas", "JSON Schema 2020-12, shared definitions last. `answers` is annex A's."]
    for name, schema in [*zip(_STRUCTURES, schemas, strict=True), ("$defs", components)]:
        parts += [f"`{name}`", f"```json\n{json.dumps(schema, indent=1, sort_keys=True)}\n```"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(complete(path.read_text("utf-8")), "utf-8")
