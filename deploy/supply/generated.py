"""What is kept in the repository and made of the lock files, the installed metadata and the version."""

from pathlib import Path

from deploy.kit import source
from deploy.supply import licences, locks, sbom
from deploy.supply.errors import SupplyError

PARTS = ("portal", "desk")
"""What is installed: each has a lock file and a bill of materials in `requirements`."""


def bill_of(part: str) -> str:
    """Where the bill of materials of `part` is, from the project's folder."""
    return f"requirements/{part}.cdx.json"


def generated(root: Path) -> dict[str, str]:
    """Every such file of the project at `root`: its name from there, and what must be in it. Raises SupplyError."""
    packages = {
        part: [licences.package(pin) for pin in locks.read((root / "requirements" / f"{part}.lock").read_text("utf-8"))]
        for part in PARTS
    }
    bills = {bill_of(part): sbom.bill(part, source.version(root), packages[part]) for part in PARTS}
    return {**bills, "docs/licences.md": licences.page(packages["portal"], packages["desk"])}


def check_current(root: Path) -> None:
    """Raise SupplyError if a file is not what it would be if it were made now."""
    for name, text in generated(root).items():
        if not (root / name).exists() or (root / name).read_text("utf-8") != text:
            raise SupplyError(f"{name} is older than what it is made of: run scripts/lock, or python -m deploy.supply.")
