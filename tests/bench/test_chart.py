"""The picture of the figures."""

import io

import pytest
from PIL import Image

from tests.bench import chart
from tests.bench.figures import Figure

KEPT = Figure("CPU", 100, "ms", 1.25, 100).record()
BROKEN = Figure("CPU", 200, "ms", 1.25, 100).record()


@pytest.mark.parametrize(
    ("figure", "part"),
    [
        (Figure("time", 100, "ms", 1.25, 100), 0.8),
        (Figure("rate", 90, "MB/s", 0.45, 100), 0.5),
        (Figure("alone", 15, "s", 30), 0.5),
        (Figure("alone, a rate", 20, "reports/s", 40), 2),
        (Figure("none", float("nan"), "", float("nan")), None),
        (Figure("stopped", 0, "MB/s", 0.5, 1), None),
    ],
    ids=lambda value: value.name if isinstance(value, Figure) else "",
)
def test_a_bar_is_the_part_of_its_bound_that_a_figure_uses(figure: Figure, part: float | None) -> None:
    assert chart.used(figure.record()) == pytest.approx(part)


def test_a_broken_bound_is_seen_in_grey() -> None:
    one, other = (_grey([figure]) for figure in (KEPT, {**KEPT, "ok": False}))
    assert one.size == other.size
    assert one.tobytes() != other.tobytes()
    assert _darkness(one) - _darkness(other) > 2


def test_the_picture_grows_with_the_figures_and_is_the_same_each_time() -> None:
    assert _grey([KEPT] * 10).height > _grey([KEPT]).height
    assert chart.png([KEPT, BROKEN]) == chart.png([KEPT, BROKEN])


def _grey(figures: list) -> Image.Image:
    return Image.open(io.BytesIO(chart.png(figures))).convert("L")


def _darkness(picture: Image.Image) -> float:
    """The mean, from 0 for white to 255 for black."""
    counts = picture.histogram()
    return sum((255 - level) * count for level, count in enumerate(counts)) / sum(counts)
