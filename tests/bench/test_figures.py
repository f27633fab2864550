"""Floors, ratios and bounds."""

import json
import math

import pytest

from tests.bench.figures import Figure, shown


@pytest.mark.parametrize(
    ("figure", "ratio", "ok"),
    [
        (Figure("time at its bound", 125, "ms", 1.25, 100), 1.25, True),
        (Figure("time over its bound", 126, "ms", 1.25, 100), 1.26, False),
        (Figure("rate at its bound", 50, "MB/s", 0.5, 100), 0.5, True),
        (Figure("rate below its bound", 49, "reports/s", 0.5, 100), 0.49, False),
        (Figure("time alone", 30, "s", 30), None, True),
        (Figure("too long", 30.1, "s", 30), None, False),
        (Figure("rate alone", 39, "reports/s", 40), None, False),
        (Figure("no number", math.nan, "s", 30), None, False),
        (Figure("no number, a rate", math.nan, "MB/s", 0.5, 100), math.nan, False),
        (Figure("no bound", 1, "s", math.nan), None, False),
    ],
    ids=lambda value: value.name if isinstance(value, Figure) else "",
)
def test_the_bound_is_on_the_ratio_or_else_on_the_value(figure: Figure, ratio: float | None, ok: bool) -> None:
    assert figure.ratio == pytest.approx(ratio, nan_ok=True)
    assert figure.ok is ok
    assert str(figure).startswith("ok  " if ok else "BROKEN  ")


@pytest.mark.parametrize("floor", [0, -1, math.nan])
def test_nothing_is_compared_with_nothing(floor: float) -> None:
    with pytest.raises(ValueError, match="nothing can be compared"):
        Figure("x", 1, "s", 1, floor)


def test_a_record_has_the_fields_of_the_contract() -> None:
    record = Figure("CPU", 166.123456, "ms", 1.25, 157).record()
    assert record == {
        "name": "CPU",
        "value": 166.123,
        "unit": "ms",
        "floor": 157,
        "ratio": 1.05811,
        "bound": 1.25,
        "ok": True,
    }
    assert list(record) == ["name", "value", "unit", "floor", "ratio", "bound", "ok"]


def test_what_is_no_number_is_null() -> None:
    record = Figure("x", math.nan, "", math.inf).record()
    assert json.loads(json.dumps(record, allow_nan=False))["value"] is None
    assert record["bound"] is None
    assert record["ok"] is False


def test_a_line_has_value_floor_ratio_and_the_sense_of_the_bound() -> None:
    line = "ok      upload: 120 MB/s, floor 223, ratio 0.538 (≥ 0.450)"
    assert str(Figure("upload", 120, "MB/s", 0.45, 223)) == line
    assert str(Figure("text", 31, "s", 30)) == "BROKEN  text: 31 s (≤ 30)"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (1, "1"), (0.00123, "0.00123"), (1.234, "1.23"), (12.34, "12.3"), (131072.4, "131,072"), (None, "–")],
)
def test_numbers_are_shown_with_what_counts(number: float | None, text: str) -> None:
    assert shown(number) == text
