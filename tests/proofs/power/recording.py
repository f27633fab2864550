"""What a process does to the files of a folder, in order, recorded with strace and read back as operations."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.page import ROOT

_DATA_BYTES = 4_000_000
"""Of one write, at most."""
_CALLS = (
    "openat,pwrite64,write,ftruncate,fsync,fdatasync,?mkdir,mkdirat,?unlink,unlinkat,?link,linkat,"
    "?rename,?renameat,renameat2"
)
_TEXT = r"((?:\\x[0-9a-f]{2})*)"
_PWRITE = re.compile(rf'pwrite64\(\d+<{_TEXT}>, "{_TEXT}", \d+, (\d+)\) += (\d+)')
_TRUNCATE = re.compile(rf"ftruncate\(\d+<{_TEXT}>, (\d+)\) += 0")
_SYNC = re.compile(rf"f(?:data)?sync\(\d+<{_TEXT}>\) += 0")
_UNLINK = re.compile(rf'unlink(?:at)?\([^"]*"{_TEXT}".*\) += 0')
_CREATE = re.compile(rf"openat\(.*O_CREAT.*\) += \d+<{_TEXT}>")
_FOLDER = re.compile(rf'mkdir(?:at)?\([^"]*"{_TEXT}".*\) += 0')
_LINK = re.compile(rf' link(?:at)?\([^"]*"{_TEXT}", [^"]*"{_TEXT}".*\) += 0')
_RENAME = re.compile(rf'rename(?:at2?)?\([^"]*"{_TEXT}", [^"]*"{_TEXT}".*\) += 0')
_WRITE = re.compile(rf'write\((?![12]<)\d+<{_TEXT}>, "{_TEXT}", \d+\) += (\d+)')
_SAID = re.compile(rf'write\(1<{_TEXT}>, "{_TEXT}", \d+\)')


@dataclass(frozen=True)
class Write:
    """Bytes that went into a file."""

    path: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    """A file that was cut to `size` bytes, or made longer with zeros."""

    path: str
    size: int


@dataclass(frozen=True)
class Sync:
    """All that was written to a file before is on the disk; of a folder, its names."""

    path: str


@dataclass(frozen=True)
class Unlink:
    """A name that went."""

    path: str


@dataclass(frozen=True)
class Create:
    """A name that came, of a new file; or the file was there."""

    path: str


@dataclass(frozen=True)
class Append:
    """Bytes that went to the end of a file."""

    path: str
    data: bytes


@dataclass(frozen=True)
class MakeFolder:
    """A folder that came."""

    path: str


@dataclass(frozen=True)
class Link:
    """One more name of a file."""

    path: str
    new: str


@dataclass(frozen=True)
class Rename:
    """Another name of a file, in the same folder, in place of the old one."""

    path: str
    new: str


@dataclass(frozen=True)
class Said:
    """A line that the process printed: what somebody outside relies on from then on."""

    line: str


Operation = Write | Append | Truncate | Sync | Create | MakeFolder | Link | Rename | Unlink | Said


def record(folder: Path, module: str, arguments: Sequence[str], trace: Path) -> list[Operation]:
    """Run `python -m MODULE ARGUMENTS…` and give what it did in `folder`."""
    strace = shutil.which("strace")
    assert strace, "install the Debian package strace"
    options = ["-f", "-qq", "-y", "-xx", "-s", str(_DATA_BYTES), "-e", f"trace={_CALLS}", "-e", "signal=none"]
    command = [strace, *options, "-o", str(trace), sys.executable, "-m", module, *arguments]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    found = []
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            assert "unfinished" not in line, "two threads wrote at once"
            operation = _read(line)
            if operation is not None and (isinstance(operation, Said) or _stays(Path(operation.path), folder)):
                found.append(operation)
    return found


def _stays(path: Path, folder: Path) -> bool:
    """Whether it is the folder or has a name in it: SQLite's temporary files have lost theirs."""
    return path.is_relative_to(folder) and not path.name.endswith(" (deleted)")


def _read(line: str) -> Operation | None:
    if match := _PWRITE.search(line):
        data = _bytes(match[2])
        assert len(data) == int(match[4])
        return Write(_name(match[1]), int(match[3]), data)
    if match := _TRUNCATE.search(line):
        return Truncate(_name(match[1]), int(match[2]))
    if match := _SYNC.search(line):
        return Sync(_name(match[1]))
    if match := _UNLINK.search(line):
        return Unlink(_name(match[1]))
    if match := _CREATE.search(line):
        return Create(_name(match[1]))
    if match := _FOLDER.search(line):
        return MakeFolder(_name(match[1]))
    if match := _LINK.search(line):
        return Link(_name(match[1]), _name(match[2]))
    if match := _RENAME.search(line):
        return Rename(_name(match[1]), _name(match[2]))
    if match := _WRITE.search(line):
        data = _bytes(match[2])
        assert len(data) == int(match[3])
        return Append(_name(match[1]), data)
    if match := _SAID.search(line):
        return Said(_name(match[2]).strip())
    return None


def _name(text: str) -> str:
    return _bytes(text).decode()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
