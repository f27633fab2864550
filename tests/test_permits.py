import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from portal.errors import Busy
from portal.permits import Permits


class Holder:
    """A thread that takes a permit, says so, and keeps it until told."""

    def __init__(self, take: Callable[[float | None], AbstractContextManager[None]]) -> None:
        self.has = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(take,))
        self._thread.start()

    def _run(self, take: Callable[[float | None], AbstractContextManager[None]]) -> None:
        with take(None):
            self.has.set()
            self._stop.wait()

    def release(self) -> None:
        self._stop.set()
        self._thread.join()


def wait_until_queued(permits: Permits, filings: int, visits: int) -> None:
    while (len(permits._filings), len(permits._visits)) != (filings, visits):
        threading.Event().wait(0.001)


def test_no_more_than_count_at_once() -> None:
    permits = Permits(2)
    with permits.filing(None), permits.filing(None), pytest.raises(Busy), permits.filing(0.01):
        pass
    with permits.filing(0.01):
        pass


def test_visits_leave_one_permit_to_filings() -> None:
    permits = Permits(2)
    with permits.visit(None):
        with pytest.raises(Busy), permits.visit(0.01):
            pass
        with permits.filing(0.01):
            pass


def test_a_waiting_filing_goes_before_a_visit_that_waited_longer() -> None:
    permits = Permits(1)
    first = Holder(permits.filing)
    assert first.has.wait(5)
    visit = Holder(permits.visit)
    wait_until_queued(permits, 0, 1)
    filing = Holder(permits.filing)
    wait_until_queued(permits, 1, 1)
    first.release()
    assert filing.has.wait(5)
    assert not visit.has.is_set()
    filing.release()
    assert visit.has.wait(5)
    visit.release()


def test_a_permit_comes_back_after_an_error() -> None:
    permits = Permits(1)
    with pytest.raises(ZeroDivisionError), permits.filing(None):
        raise ZeroDivisionError
    with permits.visit(0.01):
        pass
