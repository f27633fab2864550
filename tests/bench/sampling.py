"""Clocks: CPU time where a busy machine must not count, and what a process used at most (Linux, proc(5))."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from portal.limits import MIB


def seconds(do: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long `do` takes by `clock`."""
    before = clock()
    do()
    return clock() - before


def cpu_seconds(do: Callable[[], object]) -> float:
    """CPU time of this process while `do` runs, all threads together."""
    return seconds(do, time.process_time)


def used_cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    """The largest resident memory that a process ever had, MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / MIB
