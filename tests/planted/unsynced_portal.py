"""`portal`, which leaves out one of the two syncs of `portal.files`: `python -m tests.planted.unsynced_portal WHICH …`.

WHICH is `content`, what was written to a file, or `names`, the names in its folder.
"""

import os
import stat
import sys
from pathlib import Path

from portal import cli, files


def main() -> int:
    """Plant the fault, then run the program."""
    sync = os.fsync

    def only_folders(descriptor: int) -> None:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            sync(descriptor)

    def no_names(folder: Path) -> None:
        pass

    if sys.argv.pop(1) == "content":
        os.fsync = only_folders  # type: ignore[assignment]
    else:
        files.sync_folder = no_names
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
