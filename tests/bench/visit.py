"""What a first visit loads."""

import re

from portal.trial.reporter import Page, Reporter
from portal.web.page import PAGE_BYTES
from tests.bench import served
from tests.bench.figures import Figure

ABOUT = (
    "From the address to an open form: each page and all that it makes a browser load. The floor is one request a "
    "page, and the bytes of the pages without the filling that gives all the same size."
)
PAGES = ("/", "/en/report/travel")
_LOADED = re.compile(
    rb'<(?:link|script|img|iframe|source|video|audio|embed|object)\b[^>]*?\s(?:src|href|data)="([^"]*)'
)
_FILLING = re.compile(rb'<!-- *-->$|(?<=name="pad" value=")0*')
"""The comment at the end of a page, and the pads in its forms."""


def measure() -> list[Figure]:
    """Requests and bytes."""
    with served.portal() as portal:
        reporter = Reporter(portal.url)
        pages = [reporter.open(path) for path in PAGES]
    requests = sum(1 + len(loaded(page.body)) for page in pages)
    content = sum(len(page.body) - filling(page.body) for page in pages)
    most = len(PAGES) * PAGE_BYTES / content
    return [
        Figure("requests of a first visit", requests, "requests", 1, len(PAGES)),
        Figure("bytes of a first visit", sum(map(_bytes, pages)), "bytes", most, content),
    ]


def loaded(body: bytes) -> list[bytes]:
    """What a page makes a browser ask for by itself."""
    return [target for target in _LOADED.findall(body) if not target.startswith(b"data:")]


def filling(body: bytes) -> int:
    """Bytes that only give a page its size."""
    return sum(map(len, _FILLING.findall(body)))


def _bytes(page: Page) -> int:
    """Status line, headers and body."""
    lines = [f"HTTP/1.1 {page.status} OK", *(f"{name}: {value}" for name, value in page.headers.items()), "", ""]
    return len("\r\n".join(lines).encode("latin-1")) + len(page.body)
