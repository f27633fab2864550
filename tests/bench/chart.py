"""The kept figures as one picture: how much of its bound each uses. It can be read in grey print."""

import io
import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure as Picture

from tests.bench.figures import RATE, Record

_INK, _QUIET, _GRID = "#1b2733", "#5b6875", "#d5dbe1"
_KEPT, _BROKEN = ("#6e8193", ""), ("#ffffff", "////")
"""Fill and hatch: they differ in both, so that colour is never needed."""
_BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 1}
"""Behind a number, so that no line crosses it."""
_WIDTH, _ROW, _EDGE = 9.0, 0.3, 0.9
"""Inches: the picture, a bar, and what stands above and below the bars."""
_NAME_CHARACTERS = 48
"""A longer name takes two lines."""
_MOST = 1.5
"""A bar ends here; its number tells how far it goes."""


def png(figures: Sequence[Record]) -> bytes:
    """A bar for each figure that was measured; the line at 100 % is the bound."""
    drawn = [(figure, part) for figure in figures if (part := used(figure)) is not None]
    picture = Picture(figsize=(_WIDTH, _ROW * len(drawn) + _EDGE), layout="constrained")
    axes = picture.add_subplot()
    for place, (figure, part) in enumerate(drawn):
        fill, hatch = _KEPT if figure["ok"] else _BROKEN
        axes.barh(place, min(part, _MOST), height=0.62, color=fill, hatch=hatch, edgecolor=_INK, linewidth=0.6)
        axes.text(min(part, _MOST) + 0.012, place, f"{part:.0%}", va="center", fontsize=8, color=_INK, bbox=_BEHIND)
    axes.axvline(1, color=_INK, linewidth=1.2, linestyle="--")
    axes.set_yticks(range(len(drawn)), [textwrap.fill(figure["name"], _NAME_CHARACTERS) for figure, _ in drawn])
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set_xlim(0, _MOST + 0.1)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("part of its bound that each figure uses; hatched: broken", fontsize=8, color=_QUIET)
    axes.xaxis.grid(visible=True, color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=_INK, length=0)
    out = io.BytesIO()
    picture.savefig(out, format="png", dpi=130, metadata={"Software": None})
    return out.getvalue()


def used(figure: Record) -> float | None:
    """How much of its bound a figure uses, 1 for all of it; None if there is nothing to compare."""
    judged = figure["value"] if figure["ratio"] is None else figure["ratio"]
    if judged is None or not figure["bound"] or ((rate := figure["unit"].endswith(RATE)) and not judged):
        return None
    return figure["bound"] / judged if rate else judged / figure["bound"]
