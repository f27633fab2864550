"""`portal`, with a line in its log for each request: where it went, and who asked.

`python logging_portal.py serve …`; it needs nothing but the program itself, so that it can be put on a machine.
"""

import sys
from typing import Any

from portal import cli
from portal.web.uploads import Request


def main() -> int:
    """Plant the log, then run the program."""
    close = Request.close

    def log_access(self: Request) -> Any:
        print(self.environ["REQUEST_URI"], self.headers.get("User-Agent"), file=sys.stderr, flush=True)
        return close(self)

    Request.close = log_access  # type: ignore[method-assign]
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
