"""The fonts of a PDF, out of packages of data, so that a desk needs no font of its system: Noto, and DejaVu for Arabic,
whose letters programs find again in the PDF (Noto draws one Arabic letter as several shapes).

Rules kept here: no letter is dropped in silence. `shown` replaces what could drive or deceive a reader (`console`),
and what none of the fonts can draw, by its code: `<U+16A0>`. Everything else can be set.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont
from typst import Fonts

from portal.desk import console
from portal.errors import DeskError

_BASE = "Noto Sans"
_EMOJI = "Noto Emoji"
_ARABIC = ("DejaVu Sans", "Noto Sans Arabic")
_SCRIPTS = (
    *("Armenian", "Bengali", "Devanagari", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Hebrew"),
    *("Kannada", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai", "Symbols"),
)
_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\u1100-\u11ff\uac00-\ud7af]")
_RIGHT_TO_LEFT = ("R", "AL")


@cache
def fonts() -> Fonts:
    """All fonts, for typst. None of the system's, which differ from desk to desk."""
    return Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in _folders()])


def families(texts: Iterable[str]) -> list[str]:
    """The families in the order in which a letter is looked for; Han in the forms of the language of `texts`."""
    together = "".join(texts)
    han = "JP" if _KANA.search(together) else "KR" if _HANGUL.search(together) else "SC"
    return [_BASE, *(f"{_BASE} {script}" for script in _SCRIPTS), *_ARABIC, f"{_BASE} CJK {han}", _EMOJI]


def shown(text: str) -> str:
    """`text` over several lines, such as can be set: every other character as its code."""
    return "".join(map(_shown, console.lines(text)))


def is_right_to_left(text: str) -> bool:
    """Whether a paragraph begins at the right: its first letter with a direction decides (UAX 9, P2 and P3)."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((found for found in directions if found in ("L", *_RIGHT_TO_LEFT)), "L") in _RIGHT_TO_LEFT


def code(character: str) -> str:
    """How a character is shown that cannot be set."""
    return f"<U+{ord(character):04X}>"


def _shown(character: str) -> str:
    return character if character in "\n " or ord(character) in _letters() or _is_han(character) else code(character)


def _is_han(character: str) -> bool:
    """The large font is only looked into where a text needs it."""
    return ord(character) > 0x2000 and ord(character) in _han()


@cache
def _letters() -> frozenset[int]:
    noto, _, dejavu = _folders()
    paths = [path for path in noto.iterdir() if path.suffix == ".ttf" and "Italic" not in path.name]
    return frozenset().union(*map(_covered, [*paths, dejavu / "DejaVuSans.ttf"]))


@cache
def _han() -> frozenset[int]:
    return _covered(_folders()[1] / "NotoSansCJK-VF.otf.ttc")


def _covered(path: Path) -> frozenset[int]:
    # Number 0: in a collection all fonts have the same letters.
    with TTFont(path, lazy=True, fontNumber=0) as font:
        return frozenset(font.getBestCmap())


@cache
def _folders() -> tuple[Path, Path, Path]:
    return _package("manimgx_fonts"), _package("manimgx_fonts_cjk"), _package("matplotlib") / "mpl-data/fonts/ttf"


def _package(name: str) -> Path:
    """The folder of a package, which is not imported: matplotlib alone would take as long as the PDF."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise DeskError(f"The Python package {name} is missing: install the desk again.")
    return Path(found.submodule_search_locations[0])
