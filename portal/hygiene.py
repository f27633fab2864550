"""What a process must be before it sees what a reporter types: it leaves no copy of its memory, and writes no files for
others.

Linux only, as the portal is; each step that the system refuses is told, and the portal goes on without it.
"""

import ctypes
import os
import resource
from collections.abc import Iterator

UMASK = 0o077
_PR_SET_DUMPABLE = 4
"""prctl(2)."""
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
"""mlockall(2); on fault, so that memory that is only reserved takes no room."""
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
"""Some libraries take them as an order to go through another machine."""


def enforce() -> list[str]:
    """Do all of it for this process, for good; sentences about what the system refused. For programs, not for tests."""
    os.umask(UMASK)
    for name in (*PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES)):
        os.environ.pop(name, None)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return [*_forbid_dumps(), *_lock_memory()]


def _forbid_dumps() -> Iterator[str]:
    """Neither a core file, nor another process of the same user, gets at the memory."""
    if _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        yield "Other processes of this user can read the portal's memory: the system refused PR_SET_DUMPABLE."


def _lock_memory() -> Iterator[str]:
    """No page is written to swap. Needs `LimitMEMLOCK=infinity`, which our systemd unit has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != resource.RLIM_INFINITY and hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    elif soft != resource.RLIM_INFINITY and os.geteuid() != 0:
        # With a limit, memory that is needed later would be refused instead of left unlocked.
        yield "The portal's memory may be written to swap: switch swap off, or allow it to lock memory (LimitMEMLOCK)."
        return
    if _libc().mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        yield "The portal's memory may be written to swap: the system refused to lock it."


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
