"""Runs `desk` commands, one after the other, in one process, so that a trace of it is a trace of all.

Each line of standard input is a JSON list: a file for what the command prints (or null), then its words. It ends at
the first command that fails.
"""

import contextlib
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

from portal.desk import offline
from portal.desk.cli import main

CHEAP = 2
_real = hashlib.scrypt


def _cheap(password: bytes, *, n: int, **options: Any) -> bytes:
    """The least work; it opens what the fixtures made with as little."""
    return _real(password, n=CHEAP, **options)


if __name__ == "__main__":
    hashlib.scrypt = _cheap
    offline.enforce()
    for line in sys.stdin:
        out, *words = json.loads(line)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            status = main(words)
        if out:
            Path(out).write_text(printed.getvalue(), "utf-8")
        if status:
            sys.exit(f"desk {' '.join(words)}: {status}")
