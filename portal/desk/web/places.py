"""Folders of this machine that a person is likely to mean: a stick that is plugged in, the desktop, the documents.

Paths that are typed are taken as typed: who sits here may write anywhere they have rights to.
"""

import os
import string
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from portal.errors import DeskError

_AT_HOME = ("Desktop", "Documents", "Downloads")
_LISTED = 12
"""So many files are offered for import."""
_LOOKED_AT = 500
"""So many entries of a folder are looked at: a stick may hold anything."""
_BUNDLE = b"manifest.json\0"
_AGE = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")


@dataclass(frozen=True)
class Found:
    """A file that can be imported: `size` in bytes, `day` on which it was written."""

    path: Path
    place: str
    size: int
    day: str


def known() -> list[tuple[str, str]]:
    """Path and name of each place, the sticks first."""
    home = Path.home()
    places = [(str(path), f"{path.name or path} (removable)") for path in _removable()]
    places += [(str(home / name), name) for name in _AT_HOME if (home / name).is_dir()]
    return [*places, (str(home), "Home folder")]


def chosen(form: Mapping[str, str], name: str = "file") -> Path:
    """The path that the fields `folder`, `other-folder` and `name` of a form say. Raises DeskError."""
    folder = form.get("other-folder", "").strip() or form.get("folder", "").strip()
    file = form.get(name, "").strip()
    if not folder or not file:
        raise DeskError("A place and a name are needed: choose a place, and write a name.")
    if Path(file).name != file:
        raise DeskError("The name must be that of a file, without folders: choose the folder as the place.")
    return typed(folder) / file


def typed(text: str) -> Path:
    """A whole path as somebody typed it. Raises DeskError if it is none."""
    path = Path(os.path.expanduser(text.strip().strip('"')))
    if not path.is_absolute():
        raise DeskError(f"{text} is not a whole path: write it from its beginning, such as {Path.home()}.")
    return path


def existing(text: str) -> Path:
    """The file at a path that somebody typed or chose. Raises DeskError."""
    if not text:
        raise DeskError("No file was chosen: choose one, or write its path.")
    path = typed(text)
    if not path.is_file():
        raise DeskError(f"There is no file {path}: look at its name, and whether its stick is plugged in.")
    return path


def importable() -> list[Found]:
    """Bundles and sealed items that lie at the known places, the newest first."""
    found = [file for path, name in known() for file in _files(Path(path), name)]
    return sorted(found, key=lambda file: file.day, reverse=True)[:_LISTED]


def _files(folder: Path, place: str) -> Iterator[Found]:
    try:
        entries = [entry for _, entry in zip(range(_LOOKED_AT), os.scandir(folder), strict=False)]
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_file(follow_symlinks=False) and entry.name.endswith((".tar", ".age", ".bundle")):
                with open(entry.path, "rb") as file:
                    start = file.read(len(_AGE[1]))
                if start.startswith((_BUNDLE, *_AGE)):
                    about = entry.stat()
                    day = datetime.fromtimestamp(about.st_mtime, UTC).date().isoformat()
                    yield Found(Path(entry.path), place, about.st_size, day)
        except OSError:
            continue


def _removable() -> Iterator[Path]:
    """What is plugged in, as far as the system mounts it where such things are mounted."""
    if sys.platform == "win32":
        yield from (Path(f"{letter}:\\") for letter in string.ascii_uppercase[3:] if Path(f"{letter}:\\").exists())
        return
    user = os.environ.get("USER", "")
    for parent in (Path("/run/media") / user, Path("/media") / user, Path("/Volumes")):
        if user and parent.is_dir():
            yield from sorted(path for path in parent.iterdir() if path.is_dir())
