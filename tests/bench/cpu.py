"""What a text report costs the server in CPU."""

from portal import receipt
from portal.trial.reporter import Reporter
from tests.bench import served
from tests.bench.figures import Figure
from tests.bench.sampling import cpu_seconds, used_cpu
from tests.e2e.parts import Portal
from tests.e2e.reports import SAMPLES

ABOUT = "CPU time of the server for a text report that is filed, beside that of the one Argon2id in it; both in turn."
POSTS = 40
MOST = 1.25


def measure() -> list[Figure]:
    """The figure."""
    with served.portal() as portal:
        return [_report(portal)]


def _report(portal: Portal) -> Figure:
    sample = SAMPLES[-1]
    posts = stretches = 0.0
    for number in range(POSTS):
        reporter = Reporter(portal.url)
        form = reporter.open(f"/en/report/{sample.channel}").form("narrative")
        before = used_cpu(portal.pid)
        assert reporter.send(form, sample.values).status == 200
        posts += used_cpu(portal.pid) - before
        stretches += cpu_seconds(lambda number=number: stretch(number))
    return Figure("CPU of a text report", 1000 * posts / POSTS, "ms", MOST, 1000 * stretches / POSTS)


def stretch(number: int) -> None:
    """The Argon2id of a receipt, and nothing else of a report."""
    receipt.derive(number.to_bytes(receipt.ENTROPY_BYTES), bytes(receipt.SALT_BYTES))
