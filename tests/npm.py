"""Packages of npm that tests use: installed once, exactly as their lock file says."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest


def tool(name: str, package: str) -> str:
    """The path of a program; the test fails, and says what to install, if it is missing."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is missing. Type:  scripts/packages {package}", pytrace=False)
    return path


def install(folder: Path) -> Path:
    """Install what package-lock.json of `folder` names, unless it is there; the folder node_modules."""
    lock, modules = folder / "package-lock.json", folder / "node_modules"
    stamp = modules / ".stamp"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
            command = [tool("npm", "npm"), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
            if done.returncode:
                pytest.fail(
                    f"`npm ci` in {folder.name} failed; it needs npm's registry or cache.\n{done.stderr}", pytrace=False
                )
            stamp.write_bytes(lock.read_bytes())
    return modules
