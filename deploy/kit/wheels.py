"""The wheels of the desk: fetched by hash, and checked to be complete for the machine that they are for."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from email.parser import BytesParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from deploy.kit.errors import KitError
from deploy.kit.targets import Target

EXTRA = "desk"
"""Of our own wheel: what a desk needs beside the rest."""
_SECONDS = 1200
"""pip may take so long for one target, seconds."""


def cache() -> Path:
    """Where wheels stay between two builds; each is checked by its hash again whenever it is used."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "portevoix" / "kit-wheels"


def fetch(lock: Path, target: Target, folder: Path) -> list[Path]:
    """Put every wheel that the lock file names into `folder`, for `target`; their paths. Raises KitError."""
    kept = cache()
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        if _pip(lock, target, Path(work), "--no-index", "--find-links", str(kept)):
            # Something is new: the index is asked, for what its lock pins and nothing else.
            reason = _pip(lock, target, Path(work))
            if reason:
                raise KitError(f"The wheels for {target.name} cannot be fetched:\n{reason}")
        found = sorted(Path(work).glob("*.whl"))
        for path in found:
            for place in (kept, folder):
                if not (place / path.name).exists():
                    shutil.copyfile(path, place / path.name)
    return [folder / path.name for path in found]


def build(root: Path, folder: Path, epoch: int) -> Path:
    """Build our own wheel from the project at `root` into `folder`; its path. Raises KitError.

    From a copy: a stale build folder would ship what was deleted since. Every file in it has the time `epoch`, seconds,
    and rights that are not the checkout's, which are a matter of somebody's umask.
    """
    with tempfile.TemporaryDirectory() as work:
        for name in ("portal", "tor", "templates"):
            shutil.copytree(root / name, Path(work, name), ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / name, work)
        for path in Path(work).rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        made = Path(work, "made")
        words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(made), work]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
        done = _run(words, environment)
        if done.returncode:
            raise KitError(f"Our own wheel cannot be built:\n{done.stderr.strip()}")
        (path,) = made.glob("*.whl")
        return Path(shutil.copyfile(path, folder / path.name))


def check_complete(wheels: Iterable[Path], target: Target) -> None:
    """Raise KitError if a wheel needs something on `target` that is not among them, in a version that it takes."""
    wheels = list(wheels)
    versions: dict[str, Version] = {}
    for path in wheels:
        name, version, _, _ = parse_wheel_filename(path.name)
        versions[name] = version
    for path in wheels:
        for needed in _needs(path, target):
            version_here = versions.get(canonicalize_name(needed.name))
            if version_here is None or version_here not in needed.specifier:
                raise KitError(
                    f"{path.name} needs {needed} on {target.name}, and it is not in requirements/desk.lock: "
                    "name it in the extra `desk` of setup.cfg, and run scripts/lock."
                )


def requirements(wheels: Iterable[Path]) -> str:
    """A file for `pip install --require-hashes`: every wheel by name, version and the hashes of what is there."""
    hashes: dict[str, list[str]] = {}
    for path in wheels:
        name, version, _, _ = parse_wheel_filename(path.name)
        hashes.setdefault(f"{name}=={version}", []).append(sha256(path))
    lines = (
        f"{pin} " + " ".join(f"--hash=sha256:{value}" for value in sorted(values)) for pin, values in hashes.items()
    )
    return "\n".join(sorted(lines)) + "\n"


def sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_UMASK = 0o022
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def _pip(lock: Path, target: Target, folder: Path, *where: str) -> str:
    """What pip complains of while it downloads; nothing if all is there."""
    words = ["download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(folder)]
    words += ["--python-version", target.python, "--implementation", "cp", *where, "--requirement", str(lock)]
    for platform in target.platforms:
        words += ["--platform", platform]
    done = _run(words)
    return done.stderr.strip() if done.returncode else ""


def _run(words: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - pip of our own interpreter
        [*_PIP, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env=environment,
        umask=_UMASK,
    )


def _needs(wheel: Path, target: Target) -> Iterable[Requirement]:
    name, _, _, _ = parse_wheel_filename(wheel.name)
    environment = {**target.markers, "extra": EXTRA if name == "portevoix" else ""}
    with zipfile.ZipFile(wheel) as archive:
        (inside,) = (
            entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA") and entry.count("/") == 1
        )
        metadata = BytesParser().parsebytes(archive.read(inside), headersonly=True)
    for line in metadata.get_all("Requires-Dist", []):
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate(environment):
            yield needed
