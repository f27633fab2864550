"""What a result was measured on: no name and no path of the machine."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict


class Machine(TypedDict):
    """What a figure depends on, beside the program."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    sqlite: str


def describe() -> Machine:
    """This machine (Linux)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Machine(
        processor=_processor(Path("/proc/cpuinfo").read_text("utf-8")),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory, 1),
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
    )


def load() -> float:
    """The load average of the last minute: how many threads wanted a core. Ours are among them."""
    return round(os.getloadavg()[0], 1)


def today() -> str:
    """The day, UTC, as ISO."""
    return datetime.now(UTC).date().isoformat()


def _processor(listed: str) -> str:
    """The model of the first core of cpuinfo; where it names none (ARM), the architecture."""
    models = (line.partition(":")[2].strip() for line in listed.splitlines() if line.startswith("model name"))
    return next(models, platform.machine())
