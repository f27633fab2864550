"""How much memory uploads take."""

from concurrent.futures import ThreadPoolExecutor

from tests.bench import served
from tests.bench.figures import Figure
from tests.bench.sampling import peak_mib
from tests.bench.upload import send_file, send_text

MORE_MIB = 64
ABOUT = (
    "The server's largest resident memory after uploads of 20 and 200 MB, and of 8 × 100 MB at once, beside its "
    f"largest after as many text reports at once, with their Argon2id. {MORE_MIB} MiB more are allowed, whatever the "
    "size."
)
UPLOADS = ((1, 20), (1, 200), (8, 100))
"""How many at once, and MB of each."""


def measure() -> list[Figure]:
    """A new server for each, as a peak never goes down."""
    return [_peak(count, size) for count, size in UPLOADS]


def _peak(count: int, megabytes: int) -> Figure:
    with served.portal() as portal:
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(send_text, [portal.url] * count))
            floor = peak_mib(portal.pid)
            list(pool.map(lambda _: send_file(portal.url, megabytes * 1_000_000), range(count)))
        value = peak_mib(portal.pid)
    many = f"{count} × " if count > 1 else ""
    return Figure(f"peak of memory, {many}{megabytes} MB", value, "MiB", 1 + MORE_MIB / floor, floor)
