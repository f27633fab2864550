"""One kit for all tests here: built as its maker does, from real wheels and an embeddable Python that is played."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import minisign
import pytest

ROOT = Path(__file__).parents[2]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python of this machine: the kit is installed with it."""
PTH = "python311.zip\r\n.\r\n\r\n# Uncomment to run site.main() automatically\r\n#import site\r\n"


@dataclass(frozen=True)
class Kit:
    """A kit: the archive, where it is unpacked, what its builder said, and the key that signed it."""

    archive: Path
    folder: Path
    said: str
    key_file: Path


def played_python(path: Path, **more: bytes) -> str:
    """Write an embeddable Python that runs nowhere; its SHA-256, hex."""
    with zipfile.ZipFile(path, "w") as archive:
        files = {"python.exe": b"MZ", "python311.zip": b"PK", "python311._pth": PTH.encode(), **more}
        for name, data in files.items():
            archive.writestr(name, data)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """Built once. The wheels come from the index the first time, and from the cache later."""
    folder = tmp_path_factory.mktemp("kit")
    pair = minisign.KeyPair.generate()
    (folder / "kit.key").write_bytes(bytes(pair.secret_key))
    (folder / "kit.pub").write_bytes(bytes(pair.public_key))
    sha256 = played_python(folder / "python.zip")
    command = [str(ROOT / "scripts" / "desk-kit"), str(folder / "kit.zip"), "--python", PYTHON]
    command += ["--sign", str(folder / "kit.key")]
    command += ["--python-embed", str(folder / "python.zip"), "--python-embed-sha256", sha256]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(folder / "kit.zip") as archive:
        archive.extractall(folder)
    return Kit(folder / "kit.zip", folder / "portevoix-desk", done.stdout, folder / "kit.pub")
