"""`portal`, whose tor takes few rendezvous a second from its queue: what a small machine can flood.

`python -m tests.planted.narrow_portal RATE serve …`; tor's own rate is 250 a second.
"""

import sys
from typing import Any

from portal import cli
from tor import onion

BURST_FACTOR = 10
"""As tor's own: what is saved up while nobody comes, over what is taken in a second."""


def main() -> int:
    """Narrow the service, then run the program."""
    rate = int(sys.argv.pop(1))
    command = onion._command

    def narrowed(*arguments: Any) -> str:
        queue = f"PoWQueueRate={rate} PoWQueueBurst={BURST_FACTOR * rate}"
        return command(*arguments).replace("PoWDefensesEnabled=1", f"PoWDefensesEnabled=1 {queue}")

    onion._command = narrowed
    return cli.program()


if __name__ == "__main__":
    sys.exit(main())
