"""A small crowd beside a small portal; `scripts/prove flood` is the same at full size. And what happens without the
rule that keeps it out.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import limits
from tests.attacked.attack import MAILBOX, REPORT, form, post
from tests.attacked.visit import Visit
from tests.attacked.world import World
from tests.flood.measure import crowd

BOUND_SECONDS = 20.0
TEXT = post(REPORT, form(narrative="beside"))
GUESS = post(MAILBOX, "csrf_token={token}&receipt={words+}")
GUESSES = limits.TEXT_THREADS + 8


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A portal that takes 60 connections and stretches keys for nothing."""
    monkeypatch.setattr(limits, "ARGON2_KIB", 64)
    made = World(tmp_path, connections=60)
    yield made
    made.close()


def gets_through(world: World, visit: Visit, bound: float) -> bool:
    """Whether a text report is taken within `bound` seconds, by somebody who sends it again when it was not."""
    deadline = time.monotonic() + bound
    while (left := deadline - time.monotonic()) > 0:
        if world.send(visit.fill(TEXT), bound=left).statuses == (200,):
            return True
    return False


@pytest.mark.parametrize("kinds", [{"idle": 100}, {"slowloris": 50, "trickle": 50}, {"receipts": 80}], ids=str)
def test_a_report_gets_through(small: World, kinds: dict[str, int]) -> None:
    visit = small.visit()
    with crowd(str(small.path), small.host, **kinds) as attack:
        assert gets_through(small, visit, BOUND_SECONDS)
    assert set(attack.answers.get("receipts", {})) <= {"200", "503"}
    assert attack.answers.keys() == kinds.keys() & {"receipts"}


@pytest.mark.parametrize("rule", [True, False], ids=["with the rule", "without it"])
def test_guesses_that_wait_keep_no_report_waiting(small: World, monkeypatch: pytest.MonkeyPatch, rule: bool) -> None:
    visit, started, ended = small.visit(), threading.Semaphore(0), threading.Event()
    real = small.web.intake.enter

    def enter(visitor: bytes, typed: str) -> object:
        started.release()
        ended.wait()
        return real(visitor, typed)

    monkeypatch.setattr(small.web.intake, "enter", enter)
    if not rule:
        monkeypatch.setattr(small.server.workers, "_gives_way", lambda method, path: False)
    with contextlib.ExitStack() as stack:
        stack.callback(ended.set)
        for _ in range(GUESSES):
            stack.enter_context(small.connect()).sendall(visit.fill(GUESS))
        for _ in range(limits.PATIENT_THREADS if rule else limits.TEXT_THREADS):
            assert started.acquire(timeout=BOUND_SECONDS)
        assert gets_through(small, visit, BOUND_SECONDS if rule else 0.5) is rule
