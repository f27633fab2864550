"""Figures beside their floors: `scripts/bench [NAME…] [--json]`.

Each figure stands beside its floor, measured in the same run: what the same work costs at the least on this machine.
The bound is on the ratio of the two, so that a slow or busy machine breaks none. Only where there is no floor the
bound is on the value itself, and so wide that only a fault breaks it.

A topic is a module with `ABOUT`, which says what is measured beside what, and `measure()`, which gives the figures. It
is loaded only when it is run, so that one may need what another machine does not have.
"""

import contextlib
import importlib
import math
import sys
from collections.abc import Callable
from typing import cast

import pytest

from tests.bench.figures import Figure

TOPICS: dict[str, str] = {
    "cpu": "tests.bench.cpu",
    "age": "tests.bench.sealing",
    "visit": "tests.bench.visit",
    "upload": "tests.bench.throughput",
    "crowd": "tests.bench.crowd",
    "desk": "tests.bench.desk",
    "rate": "tests.bench.rate",
    "memory": "tests.bench.memory",
    "store": "tests.bench.scale",
    "postgresql": "tests.bench.scale_postgresql",
    "onion": "tests.bench.onion",
}
"""The module of each topic, by its name; in the order in which they run."""

SHORT = ("cpu", "age", "visit", "upload", "crowd", "desk")
"""What runs without a name, and in `scripts/test`: about two minutes."""


def about(topic: str) -> str:
    """What a topic measures, beside what."""
    return str(importlib.import_module(TOPICS[topic]).ABOUT)


def measure(topic: str) -> list[Figure]:
    """The figures of a topic. One that cannot be measured, for whatever reason, is a figure that breaks its bound."""
    module = importlib.import_module(TOPICS[topic])
    take = cast(Callable[[], list[Figure]], module.measure)
    try:
        # What the programs of a topic print is no figure.
        with contextlib.redirect_stdout(sys.stderr):
            return take()
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  (the other topics still run)
        return [Figure(f"{topic} could not be measured: {type(error).__name__}: {error}", math.nan, "", math.nan)]
