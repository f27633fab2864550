"""A table as a picture: bars, which can be told apart in grey print.

Drawn by matplotlib in memory (no pyplot, so no state between two pictures). It keeps a list of this machine's fonts in
its own cache folder, and nothing else anywhere. Every picture stands beside a table with the same numbers.
"""

import io
import textwrap

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from portal.channels import load
from portal.desk.statistics.labels import Labels
from portal.desk.statistics.layout import ordered
from portal.desk.statistics.tables import Row, Table

# Ids within the picture follow from this instead of from chance: the same table gives the same bytes.
matplotlib.rcParams["svg.hashsalt"] = "portevoix"
matplotlib.rcParams["hatch.linewidth"] = 0.8

_INK, _QUIET, _GRID = "#1b2733", "#5b6875", "#d5dbe1"
_FILLS = (
    ("#33475b", ""),
    ("#ffffff", "////"),
    ("#a9b6c2", ""),
    ("#ffffff", "...."),
    ("#6e8193", "xxxx"),
    ("#e3e8ec", ""),
    ("#ffffff", "----"),
)
"""Fill and hatch: neighbours differ in both, so that colour is never needed."""
_WIDTH, _WIDE = 3.2, 6.6
_ROW, _LINE, _EDGE = 0.22, 0.12, 0.55
"""Inches, as they are printed: half of a page's width, or all of it; a bar, each more line of its name, the axis."""
_LEAST_HEIGHT, _WIDE_HEIGHT = 1.0, 2.9
_NAME_CHARACTERS = 20
"""A longer name of a bar takes two lines."""
_LEGEND_COLUMNS = 7
_SHOWN = 0.25
"""A table with two dimensions is drawn if so many of its cells are shown."""
_TURNED_FROM = 9
"""From so many columns on, what stands below them is turned."""


def svg(table: Table, labels: Labels | None = None) -> bytes:
    """The picture of a table, in the words of `labels` (English without). Hidden cells have no bar."""
    labels = labels or Labels("en", load())
    figure = _stacked(table, labels) if len(table.dimensions) == 2 else _bars(table, labels)
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Title": labels.title(table)})
    return out.getvalue()


def is_drawn(table: Table) -> bool:
    """Whether a picture says anything: there is more than one bar, and enough of them are not hidden."""
    if not any(row.median_days or row.count for row in table.rows):
        return False
    if len(table.dimensions) == 2:
        return sum(row.count is not None for row in table.rows) >= _SHOWN * len(table.rows) > 0
    return len(table.rows) > 1


def _bars(table: Table, labels: Labels) -> Figure:
    rows = ordered(table)
    names = [textwrap.fill(" ".join(labels.place(table, row)), _NAME_CHARACTERS) for row in rows]
    lines = sum(name.count("\n") for name in names)
    figure, axes = _figure(_WIDTH, max(_LEAST_HEIGHT, _ROW * len(rows) + _LINE * lines + _EDGE))
    values = [_value(table, row) for row in rows]
    places = range(len(rows))
    axes.barh(places, [value or 0 for value in values], height=0.62, color=_FILLS[0][0])
    largest = max((value for value in values if value), default=1)
    for place, value in zip(places, values, strict=True):
        text = labels.word("hidden_mark") if value is None else labels.number(value)
        axes.text(
            (value or 0) + largest * 0.02,
            place,
            text,
            va="center",
            fontsize=7.5,
            color=_QUIET if value is None else _INK,
        )
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlim(0, largest * 1.25)
    axes.set_xlabel(labels.word("median_days" if table.name == "days" else "count"), fontsize=7.5, color=_QUIET)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.grid(visible=True, color=_GRID, linewidth=0.6)
    return figure


def _stacked(table: Table, labels: Labels) -> Figure:
    """Columns for the first dimension, each put together from the second."""
    columns = list(dict.fromkeys(row.place[0] for row in table.rows))
    layers = list(dict.fromkeys(row.place[1] for row in table.rows))
    counts = {row.place: row.count or 0 for row in table.rows}
    figure, axes = _figure(_WIDE, _WIDE_HEIGHT)
    below = [0] * len(columns)
    for number, layer in enumerate(layers):
        heights = [counts[column, layer] for column in columns]
        fill, hatch = _FILLS[number % len(_FILLS)]
        axes.bar(
            range(len(columns)),
            heights,
            width=0.72,
            bottom=below,
            label=labels.value(table.dimensions[1], layer),
            color=fill,
            hatch=hatch,
            edgecolor=_INK,
            linewidth=0.6,
        )
        below = [low + height for low, height in zip(below, heights, strict=True)]
    names = [labels.value(table.dimensions[0], column) for column in columns]
    turned = len(columns) >= _TURNED_FROM or max(map(len, names)) * len(names) > 80
    axes.set_xticks(range(len(columns)), names, rotation=60 if turned else 0, ha="right" if turned else "center")
    if turned:
        for text in axes.get_xticklabels():
            text.set_rotation_mode("anchor")
    axes.set_ylabel(labels.word("count"), fontsize=7.5, color=_QUIET)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.grid(visible=True, color=_GRID, linewidth=0.6)
    axes.margins(x=0.02)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        ncols=min(len(layers), _LEGEND_COLUMNS),
        frameon=False,
        fontsize=7.5,
        handlelength=1.6,
        handleheight=1.1,
        columnspacing=1.2,
        borderaxespad=0,
    )
    return figure


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_QUIET)
    axes.tick_params(labelsize=7.5, colors=_INK, length=0)
    return figure, axes


def _value(table: Table, row: Row) -> float | None:
    return row.median_days if table.name == "days" else row.count
