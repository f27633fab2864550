"""What a page behind an onion address costs at the least: stock waitress and one file of the size of a page.

`python -m tests.bench.static SOCKET` serves it on a unix socket until it is ended.
"""

import sys
import tempfile
from collections.abc import Iterable
from typing import Any

import waitress

from portal.web.page import PAGE_BYTES


def main(path: str) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(PAGE_BYTES))
        file.flush()

        def give(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(PAGE_BYTES))])
            body: Iterable[bytes] = environ["wsgi.file_wrapper"](open(file.name, "rb"))  # noqa: SIM115 - waitress closes it
            return body

        waitress.serve(give, unix_socket=path)


if __name__ == "__main__":
    main(sys.argv[1])
