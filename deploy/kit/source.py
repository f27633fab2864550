"""What the project says of itself: where it is, its version, and the time that builds put into what they make."""

import configparser
import os
import subprocess
from pathlib import Path

from deploy.kit.errors import KitError

ROOT = Path(__file__).parents[2]


def version(root: Path = ROOT) -> str:
    """The version in setup.cfg."""
    settings = configparser.ConfigParser()
    settings.read(root / "setup.cfg", "utf-8")
    return settings["metadata"]["version"]


def epoch(root: Path = ROOT) -> int:
    """The time of the sources, seconds: the same for everybody who has the same commit.

    SOURCE_DATE_EPOCH where it is set (reproducible-builds.org), else the time of the last commit. A source archive has
    no commits, and all of its files have the commit's time.
    """
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        if not (given.isascii() and given.isdecimal()):
            raise KitError("SOURCE_DATE_EPOCH is not a number of seconds: correct it, or unset it.")
        return int(given)
    if (root / ".git").exists():
        return int(git(root, "log", "-1", "--format=%ct"))
    return int((root / "setup.cfg").stat().st_mtime)


def git(root: Path, *words: str) -> str:
    """What git says of the repository at `root`. Raises KitError."""
    try:
        command = ["git", "-C", str(root), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - words of our own
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        raise KitError(f"`git {' '.join(words)}` does not work at {root}: {str(reason).strip()}") from None
    return done.stdout.rstrip("\n")
