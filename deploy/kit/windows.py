"""The Windows half: Python as python.org ships it for embedding, with the wheels unpacked in it.

Nothing is installed there and no right is needed: the folder is copied, and Desk.cmd is opened.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy.kit.errors import KitError

EMBEDDABLE = {
    # python-3.11.9-embed-amd64.zip, the last 3.11 for which python.org made one (docs/decisions says how it was found).
    "009d6bf7e3b2ddca3d784fa09f90fe54336d5b60f0e0f305c37f400bf83cfd3b": "3.11",
}
"""SHA-256 of what is accepted unasked, and the Python that it is."""
SITE = "Lib/site-packages"
_PTH = re.compile(r"python(\d)(\d+)\._pth")
_ROOTS = {"purelib", "platlib"}
"""Schemes of a wheel's .data folder that belong into site-packages; manual pages, headers and scripts stay out."""
_FOREIGN = (".so", ".dylib", ".pth")
"""What Windows does not load, or this Python does not read."""


@dataclass(frozen=True)
class Embeddable:
    """An embeddable Python whose hash was checked."""

    path: Path
    python: str


def check(path: Path, sha256: str | None = None) -> Embeddable:
    """Check the file against `sha256` (hex), or against what is pinned here. Raises KitError."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    allowed = [sha256.lower()] if sha256 else list(EMBEDDABLE)
    if digest not in allowed:
        raise KitError(
            f"{path} has the SHA-256 {digest}, which is not the one that is expected. If it is a newer one that you "
            "have checked yourself, say so with --python-embed-sha256."
        )
    with zipfile.ZipFile(path) as archive:
        found = [match for name in archive.namelist() if (match := _PTH.fullmatch(name))]
    if len(found) != 1:
        raise KitError(f"{path} is not an embeddable Python: it has no file named python3NN._pth.")
    return Embeddable(path, f"{found[0][1]}.{found[0][2]}")


def unpack(embeddable: Embeddable, wheels: Iterable[Path], folder: Path) -> None:
    """Make the folder `folder` a Python that has all `wheels`. Raises KitError."""
    _unzip(embeddable.path, folder)
    (paths,) = folder.glob("python*._pth")
    lines = [line for line in paths.read_text("utf-8").split() if line in (".", f"{paths.stem}.zip")]
    paths.write_text("\n".join([*lines, SITE.replace("/", "\\")]) + "\n", "utf-8", newline="\r\n")
    for wheel in wheels:
        _unzip(wheel, folder / SITE)


def _unzip(source: Path, folder: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            name = _place(entry.filename)
            if entry.is_dir() or name is None:
                continue
            if PurePosixPath(name).is_absolute() or ".." in name.split("/") or "\\" in name or ":" in name:
                raise KitError(f"{source.name} holds a path that leads elsewhere: {name}")
            if name.endswith(_FOREIGN):
                raise KitError(f"{source.name} holds {name}, which Windows cannot use: it is for another system.")
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                raise KitError(f"{source.name} holds {name}, which another part of the kit brought already.")
            path.write_bytes(archive.read(entry))


def _place(name: str) -> str | None:
    """Where a file of a wheel goes below site-packages; None if it stays out."""
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return name
    scheme, _, inside = rest.partition("/")
    return inside if scheme in _ROOTS else None
