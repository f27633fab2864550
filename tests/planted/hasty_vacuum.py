"""`portal.store.vacuum`, not waiting for the disk: `python hasty_vacuum.py FILE SECONDS [counts]`.

It leaves out the syncs of the rewrite; with `counts` only the one after the header's numbers were put.
"""

import os
import sys
from pathlib import Path


def main() -> None:
    """Plant the fault, then run the program."""
    from portal.store import vacuum

    def at_once(descriptor: int) -> None:
        pass

    if sys.argv[3:] == ["counts"]:
        os.fsync = at_once  # type: ignore[assignment]
    else:
        vacuum.PRAGMAS = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in vacuum.PRAGMAS)  # type: ignore[assignment]
    vacuum.rewrite(Path(sys.argv[1]), float(sys.argv[2]))


if __name__ == "__main__":
    main()
