"""A transaction that makes sealed items known whose files lie in the folder already.

Rule kept here: where it fails, as on a full disk, the files go as well, since nobody would know them and `desk verify`
would name them for ever. A file that the casebook knows all the same, or may know, stays. A process that is killed
between file and transaction leaves the file; what it came from brings it again.
"""

import contextlib
from collections.abc import Iterator

from portal.desk.session import Desk
from portal.errors import DeskError


@contextlib.contextmanager
def storing(desk: Desk, *sealed: bytes) -> Iterator[None]:
    """All that happens in the block is stored with the items of these SHA-256 (32 bytes each), or nothing of it."""
    try:
        with desk.casebook.transaction():
            yield
    except BaseException:
        for sha256 in sealed:
            with contextlib.suppress(DeskError):
                if not desk.casebook.one("SELECT 1 FROM messages WHERE sha256 = ?", sha256):
                    desk.folder.sealed(sha256).unlink(missing_ok=True)
        raise
