"""How long others take to come through beside those who send much, or slowly."""

import contextlib
import statistics
import subprocess
import sys
from collections.abc import Iterator

from tests.bench import served
from tests.bench.figures import Figure
from tests.bench.upload import send_text

SLOW = 200
LARGE = 8
TEXTS = 6
MOST_SECONDS = 30
ABOUT = (
    f"A text report from its form to its receipt, while {SLOW} uploads trickle in and {LARGE} of 100 MB come at once: "
    f"the slowest of {TEXTS}. It has no floor: what it costs alone is printed beside it, and the bound is on seconds."
)


def measure() -> list[Figure]:
    """The figure."""
    with served.portal() as portal:
        alone = statistics.median(send_text(portal.url) for _ in range(TEXTS))
        with burden(portal.url, "slow", SLOW), burden(portal.url, "large", LARGE):
            texts = [send_text(portal.url) for _ in range(TEXTS)]
    print(f"        text report: alone {alone:.2f} s, in the crowd {', '.join(f'{text:.2f}' for text in texts)} s")
    name = f"slowest text report beside {SLOW} slow and {LARGE} × 100 MB uploads"
    return [Figure(name, max(texts), "s", MOST_SECONDS)]


@contextlib.contextmanager
def burden(url: str, kind: str, count: int) -> Iterator[None]:
    """`count` visitors of a kind while the block runs. Raises AssertionError if one of them was turned away."""
    command = [sys.executable, "-m", "tests.bench.load", url, kind, str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        turned_away = process.communicate()[0].strip()
        assert turned_away == "0", f"{turned_away} of the {count} {kind} uploads failed"
