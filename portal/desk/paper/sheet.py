"""The printed page of a paper copy, set by typst in memory: the letters of a key, and in plain words what they are."""

from datetime import UTC, date, datetime
from importlib import resources

import msgspec
import typst

from portal.desk.keyring import Own
from portal.desk.paper import lines
from portal.desk.referring import fonts
from portal.errors import DeskError

_FAMILIES = ["Noto Sans"]
_MONO = "DejaVu Sans Mono"
"""Its 0, 2, 5, S, U and V are told apart at a glance."""


def write(own: Own, day: date) -> bytes:
    """The PDF for one person, made on `day`. Raises DeskError if it cannot be set."""
    page = {
        "families": _FAMILIES,
        "mono": _MONO,
        "desk": own.desk,
        "person": own.person,
        "day": day.isoformat(),
        "date": [day.year, day.month, day.day],
        "prefix": lines.PREFIX,
        "lines": lines.write(own.opening()),
    }
    source = resources.files(__package__).joinpath("sheet.typ").read_bytes()
    compiler = typst.Compiler(
        source,
        font_paths=fonts.fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": msgspec.json.encode(page).decode()},
    )
    try:
        made = compiler.compile(
            format="pdf", pdf_standards=["ua-1"], timestamp=datetime.combine(day, datetime.min.time(), UTC)
        )
    except typst.TypstError:
        made = None
    if not isinstance(made, bytes):
        raise DeskError("The paper copy cannot be set: leave OUT out, and write its lines down by hand.")
    return made
