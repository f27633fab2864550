"""The machine that is examined: its files below one root, and the programs that it has. Tests plant another one."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

RUN_SECONDS = 30.0
"""A program is waited for so long, seconds."""
_FILE_BYTES = 1024 * 1024
"""So much of a file is read, bytes."""


def run(command: Sequence[str]) -> str | None:
    """What a program prints; None if it is not there, fails, or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - no word of it comes from outside
            command, capture_output=True, text=True, check=True, timeout=RUN_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout


@dataclass(frozen=True)
class Machine:
    """`root` is what `/` is elsewhere."""

    root: Path = Path("/")
    run: Callable[[Sequence[str]], str | None] = run

    def path(self, name: str | Path) -> Path:
        """A file of the machine by its absolute name."""
        return self.root / str(name).lstrip("/")

    def read(self, name: str | Path) -> str:
        """The text of a file, at most 1 MiB; nothing if it cannot be read."""
        try:
            with self.path(name).open("rb") as file:
                return file.read(_FILE_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    @property
    def has_systemd(self) -> bool:
        """Whether systemd runs it (sd_booted(3))."""
        return self.path("/run/systemd/system").is_dir()
