"""Readers and writers of one process: who waits for whom."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.errors import StoreUnavailable
from portal.store.turns import Turns

LONG = 30.0
SHORT = 0.05


def wait_until(turns: Turns, waiting: int, wanted: bool) -> None:
    """Until that many readers wait, and a writer does or does not."""
    with turns._changed:
        while (turns._waiting, turns._wanted) != (waiting, wanted):
            turns._changed.wait(0.001)


def test_readers_go_together_and_a_writer_alone() -> None:
    turns = Turns()
    with turns.read(SHORT):
        with turns.read(SHORT):
            pass
        with pytest.raises(StoreUnavailable, match="busy"), turns.write(SHORT):
            pytest.fail("A writer wrote beside a reader.")
    with turns.write(SHORT):
        with pytest.raises(StoreUnavailable, match="busy"), turns.read(SHORT):
            pytest.fail("A reader read beside a writer.")
        with pytest.raises(StoreUnavailable, match="busy"), turns.write(SHORT):
            pytest.fail("Two wrote.")
    with turns.read(SHORT):
        pass


def test_a_writer_is_not_kept_waiting_by_new_readers() -> None:
    turns = Turns()
    order: list[str] = []

    def read() -> None:
        with turns.read(LONG):
            order.append("reader")

    def write() -> None:
        with turns.write(LONG):
            order.append("writer")

    with ThreadPoolExecutor(2) as pool:
        with turns.read(LONG):
            pool.submit(write)
            wait_until(turns, 0, wanted=True)
            pool.submit(read)
            wait_until(turns, 1, wanted=True)
        pool.shutdown()
    assert order == ["writer", "reader"]


def test_readers_are_not_kept_waiting_by_the_next_writer() -> None:
    turns = Turns()
    order: list[str] = []

    def read() -> None:
        with turns.read(LONG):
            order.append("reader")

    def write(started: threading.Event) -> None:
        started.set()
        with turns.write(LONG):
            order.append("writer")

    with ThreadPoolExecutor(4) as pool:
        with turns.write(LONG):
            started = threading.Event()
            pool.submit(write, started)
            started.wait()
            for number in range(3):
                pool.submit(read)
                wait_until(turns, number + 1, wanted=True)
        pool.shutdown()
    assert order == ["reader", "reader", "reader", "writer"]


def test_one_that_gives_up_leaves_the_way_free() -> None:
    turns = Turns()
    with ThreadPoolExecutor(1) as pool:
        with turns.read(LONG):
            with pytest.raises(StoreUnavailable), turns.write(SHORT):
                pytest.fail("A writer wrote beside a reader.")
            with turns.read(SHORT):
                pass

        def fail() -> None:
            with turns.write(SHORT):
                raise ValueError

        with pytest.raises(ValueError):
            pool.submit(fail).result()
    with turns.write(SHORT):
        pass
