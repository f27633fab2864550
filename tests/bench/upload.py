"""One report with one file, as a reporter sends it, and what it takes."""

import os
import time
from collections.abc import Callable, Iterator

from portal.trial.reporter import Page, Reporter, Upload

_PIECE = os.urandom(256 * 1024)
_TEXT = {"immediate_danger": "no", "narrative": "I saw it from the terrace.", "country": "TH"}


def _pieces(size: int, begun: Callable[[], object]) -> Iterator[bytes]:
    whole, rest = divmod(size, len(_PIECE))
    for number in range(whole):
        yield _PIECE
        if number == 0:
            begun()
    yield _PIECE[:rest]


def _check_receipt(page: Page) -> None:
    assert page.status == 200, f"no receipt but status {page.status}"
    assert "receipt" in page.texts, "no receipt"


def send_file(url: str, size: int, begun: Callable[[], object] = bool) -> float:
    """File a report with a file of `size` bytes; returns the seconds from the first byte to the receipt.

    `begun` is called when the file is on its way. Raises AssertionError if there was no receipt.
    """
    reporter = Reporter(url)
    form = reporter.open("/en/report/travel").form("narrative")
    upload = Upload("film.bin", "application/octet-stream", size, _pieces(size, begun))
    start = time.perf_counter()
    page = reporter.send(form, _TEXT, [("attachment", upload)])
    taken = time.perf_counter() - start
    _check_receipt(page)
    return taken


def drop_file(url: str, size: int) -> float:
    """Send a file of `size` bytes to the baseline; returns the seconds from the first byte to the answer."""
    reporter = Reporter(url)
    form = reporter.open("/").form("attachment")
    upload = Upload("film.bin", "application/octet-stream", size, _pieces(size, bool))
    start = time.perf_counter()
    page = reporter.send(form, {}, [("attachment", upload)])
    taken = time.perf_counter() - start
    assert page.status == 200
    assert page.body.endswith(b"1")
    return taken


def send_text(url: str) -> float:
    """File a report without files; returns the seconds from opening the form to the receipt."""
    start = time.perf_counter()
    reporter = Reporter(url)
    page = reporter.send(reporter.open("/en/report/travel").form("narrative"), _TEXT, multipart=False)
    _check_receipt(page)
    return time.perf_counter() - start
