"""How many reports a server takes, with one visitor and with many."""

import os
from concurrent.futures import ThreadPoolExecutor

from portal.trial.reporter import Form, Reporter
from tests.bench import served
from tests.bench.cpu import stretch
from tests.bench.figures import Figure
from tests.bench.sampling import seconds
from tests.e2e.reports import SAMPLES

CORES = len(os.sched_getaffinity(0))
ABOUT = (
    "Text reports a second, forms opened before, with 1, 8 and 64 visitors who send at once, beside how many Argon2id "
    "this machine does in a second with 1 thread, or with one for each core; the best of three, in turn. The visitors "
    "run on the same machine and take a part of it."
)
CLIENTS = ((1, 8), (8, 4), (64, 1))
"""How many at once, and how many reports each sends."""
TIMES = 3
LEAST = 0.5
_SAMPLE = SAMPLES[-1]


def measure() -> list[Figure]:
    """One figure for each number of clients."""
    with served.portal() as portal:
        return [_rate(portal.url, clients, each) for clients, each in CLIENTS]


def _rate(url: str, clients: int, each: int) -> Figure:
    count = clients * each
    with ThreadPoolExecutor(clients) as visitors, ThreadPoolExecutor(min(clients, CORES)) as cores:
        reports = stretches = 0.0
        for _ in range(TIMES):
            ready = [_opened(url) for _ in range(count)]
            reports = max(reports, count / seconds(lambda ready=ready: list(visitors.map(_send, ready))))
            stretches = max(stretches, count / seconds(lambda: list(cores.map(stretch, range(count)))))
    return Figure(f"text reports, {clients} at once", reports, "reports/s", LEAST, stretches)


def _opened(url: str) -> tuple[Reporter, Form]:
    reporter = Reporter(url)
    return reporter, reporter.open(f"/en/report/{_SAMPLE.channel}").form("narrative")


def _send(ready: tuple[Reporter, Form]) -> None:
    reporter, form = ready
    page = reporter.send(form, _SAMPLE.values)
    assert "receipt" in page.texts, f"status {page.status} and no receipt"
