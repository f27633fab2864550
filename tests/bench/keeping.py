"""The results that are kept: docs/bench/results.json, the chart beside it, and docs/bench.md, which is made of both."""

import json
from pathlib import Path
from typing import TypedDict, cast

from tests.bench import TOPICS, about, chart
from tests.bench.figures import RATE, Record, shown
from tests.bench.machine import Machine

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "bench" / "results.json"
CHART = ROOT / "docs" / "bench" / "bench.png"
PAGE = ROOT / "docs" / "bench.md"
HEAD = Path(__file__).with_name("head.md")


class Kept(TypedDict):
    """The last result of a topic: the day, the machine, its load before and after, and the figures."""

    day: str
    machine: Machine
    load: list[float]
    figures: list[Record]


def read(path: Path = RESULTS) -> dict[str, Kept]:
    """What is kept, by topic."""
    return cast(dict[str, Kept], json.loads(path.read_text("utf-8"))) if path.exists() else {}


def keep(new: dict[str, Kept], path: Path = RESULTS) -> dict[str, Kept]:
    """Replace what `path` holds of these topics, and leave what it holds of others; all of it."""
    known = read(path) | new
    ordered = {topic: known[topic] for topic in TOPICS if topic in known}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return ordered


def publish(kept: dict[str, Kept]) -> None:
    """Write the page and the chart anew."""
    PAGE.write_text(page(kept), "utf-8")
    CHART.write_bytes(chart.png([figure for topic in kept.values() for figure in topic["figures"]]))


def page(kept: dict[str, Kept]) -> str:
    """The whole page."""
    parts = [HEAD.read_text("utf-8").rstrip()]
    for topic in TOPICS:
        parts.append(f"## `scripts/bench {topic}`\n\n{about(topic)}")
        parts.append(_result(kept[topic]) if topic in kept else "No result is kept yet.")
    return "\n\n".join(parts) + "\n"


def _result(result: Kept) -> str:
    machine = result["machine"]
    before, after = result["load"]
    lines = [
        f"{result['day']}, {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}, SQLite {machine['sqlite']}; load average {before} before, "
        f"{after} after.",
        "",
        "| figure | value | floor | ratio | bound | |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    return "\n".join([*lines, *map(_row, result["figures"])])


def _row(figure: Record) -> str:
    sign = "≥" if figure["unit"].endswith(RATE) else "≤"
    cells = (
        figure["name"],
        f"{shown(figure['value'])} {figure['unit']}".strip(),
        shown(figure["floor"]),
        shown(figure["ratio"]),
        f"{sign} {shown(figure['bound'])}",
        "ok" if figure["ok"] else "**broken**",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    publish(read())
