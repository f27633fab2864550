"""Text on a terminal: what a reporter wrote must neither drive the terminal, nor hide, nor be clicked.

Pure. JSON needs none of this: its strings are written in ASCII.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

_JOINERS = "\u200c\u200d"
"""Needed to write Persian, many scripts of India, and emoji; they change neither order nor line."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
_DOTTED_NUMBERS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


def line(text: str) -> str:
    """`text` on one line, with every character that could drive or deceive a terminal shown as `<U+XXXX>`."""
    return "".join(map(_visible, text))


def lines(text: str) -> str:
    """The same, but line breaks stay and tabs become blanks."""
    return "\n".join(line(part.replace("\t", "    ")) for part in text.split("\n"))


def defang(text: str) -> str:
    """`text` with web and mail addresses that nothing will open by a click: hxxp, and dots in brackets."""
    text = _SCHEME.sub(lambda match: _harmless(match[1]), text)
    text = _DOTTED_NUMBERS.sub(lambda match: match[0].replace(".", "[.]"), text)
    return _DOT.sub("[.]", text)


def reporters(text: str) -> str:
    """What a reporter wrote, over several lines, inert."""
    return lines(defang(text))


def reporters_line(text: str) -> str:
    """What a reporter wrote, on one line, inert."""
    return line(defang(text))


def indented(text: str, by: str = "    ") -> str:
    return "\n".join(by + part if part else "" for part in text.split("\n"))


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as aligned columns, the first row being the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def as_json(value: Any) -> str:
    """JSON for other programs: ASCII only, DEL (which JSON would leave as it is) among what is escaped."""
    return json.dumps(value, ensure_ascii=True, indent=2).replace("\x7f", "\\u007f")


def _visible(character: str) -> str:
    # Unassigned characters are left: what is new in Unicode is text as well.
    if character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return character
    return f"<U+{ord(character):04X}>"


def _harmless(scheme: str) -> str:
    if not scheme.lower().startswith("http"):
        return f"{scheme}[:]//"
    return ("HXXP" if scheme.startswith("HTTP") else "hxxp") + scheme[4:] + "://"
