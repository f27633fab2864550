"""`portal`, confirming a report half a second before it is stored; by then somebody may have pulled the plug.

`python -m tests.planted.hasty_portal serve …`
"""

import sys
import threading
from typing import Any

from portal import cli
from portal.intake import Intake

LATE_SECONDS = 0.5


def main() -> int:
    """Plant the fault, then run the program."""
    store_once = Intake._store_once

    def later(self: Intake, *arguments: Any, **named: Any) -> None:
        threading.Timer(LATE_SECONDS, store_once, (self, *arguments), named).start()

    Intake._store_once = later  # type: ignore[method-assign]
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
