"""`portal`, leaking as portals have leaked: an access log, a line of its own log for each path, a dump for debugging, a
spill to the temporary folder; it holds every message in its memory, and its tor keeps what passes through it.

`python -m tests.planted.leaking_portal serve …`
"""

import base64
import gzip
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from portal import cli
from portal.intake import Filed, Intake, Message
from portal.web.uploads import Request
from tests.planted import keeping_tor


def main() -> int:
    """Plant the leaks, then run the program."""
    state = Path(sys.argv[sys.argv.index("--state") + 1])
    file, close = Intake.file, Request.close
    held: list[Message] = []

    def spill_and_dump(self: Intake, visitor: bytes, ticket_text: str, message: Message) -> Filed:
        held.append(message)
        with tempfile.NamedTemporaryFile(delete=False) as spilled:
            spilled.write(gzip.compress(repr(message).encode()))
        filed = file(self, visitor, ticket_text, message)
        with (state / "debug").open("ab") as dump:
            dump.write(base64.b64encode(" ".join(filed.words).encode()) + b"\n")
        return filed

    def log_access(self: Request) -> Any:
        with (state / "access.log").open("a") as log:
            log.write(f"{self.full_path} {dict(self.headers)}\n")
        logging.getLogger("portal.planted").info("asked for %s", self.path)
        return close(self)

    Intake.file = spill_and_dump  # type: ignore[method-assign]
    Request.close = log_access  # type: ignore[method-assign]
    keeping_tor.plant(state)
    return cli.program()


if __name__ == "__main__":
    sys.exit(main())
