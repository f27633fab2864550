"""One portal serves one state folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.errors import StoreInUse
from portal.store.failures import from_os_error

LOCK_NAME = "serve.lock"
"""The file in the state folder that is locked, and that stays: only the lock counts."""


@contextmanager
def lock_state(folder: Path) -> Iterator[None]:
    """Holds the state folder against a second `portal serve`; the kernel lets go of it when the process ends.

    Raises StoreInUse if another process (or another part of this one) holds it, StoreUnavailable if the folder is
    missing or cannot be written.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise from_os_error(error) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreInUse(
                "Another portal serves this state folder: stop it first, or give this one a folder of its own."
            ) from None
        except OSError as error:
            raise from_os_error(error) from None
        yield
    finally:
        os.close(descriptor)
