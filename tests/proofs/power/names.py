"""A disk with names: a file's content is kept only when it was synced, and its name only when its folder was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.power.recording import (
    Append,
    Create,
    Link,
    MakeFolder,
    Operation,
    Rename,
    Said,
    Sync,
    Truncate,
    Unlink,
    Write,
)

FOLDER = 0
"""The number of all folders; files have numbers of their own."""

Tree = dict[str, bytes | None]
"""What is under each path: the bytes of a file, or None for a folder."""


@dataclass(frozen=True)
class Content:
    """Bytes for a file that has this number; None cuts it at `offset`."""

    file: int
    offset: int
    data: bytes | None


@dataclass(frozen=True)
class Names:
    """A name that goes, one that comes, or both at once."""

    folder: str
    gone: str | None
    new: str | None
    file: int


Pending = Content | Names


class Disk:
    """What is kept, and what may be."""

    def __init__(self, start: Tree, sure: str) -> None:
        """All of `start` is kept, and all that happens in the folder `sure` is, at once."""
        self._content = [b"", *(data for data in start.values() if data is not None)]
        files = (path for path, data in start.items() if data is not None)
        self._kept = {path: number for number, path in enumerate(files, 1)}
        self._kept |= {path: FOLDER for path, data in start.items() if data is None}
        self._seen = dict(self._kept)
        self._pending: list[Pending] = []
        self._sure = sure

    def do(self, operation: Operation) -> None:
        """Do one operation of a process."""
        match operation:
            case Sync(path):
                self._settle(path)
            case Create(path) if path not in self._seen:
                self._content.append(b"")
                self._name(None, path, len(self._content) - 1)
            case MakeFolder(path):
                self._name(None, path, FOLDER)
            case Link(path, new):
                self._name(None, new, self._seen[path])
            case Rename(path, new):
                self._name(path, new, self._seen[path])
            case Unlink(path):
                self._name(path, None, self._seen[path])
            case Write(path, offset, data):
                self._pending.append(Content(self._seen[path], offset, data))
            case Append(path, data):
                self._pending.append(Content(self._seen[path], self._length(self._seen[path]), data))
            case Truncate(path, size):
                self._pending.append(Content(self._seen[path], size, None))
        if not isinstance(operation, Said) and Path(operation.path).parent == Path(self._sure):
            self._settle(operation.path)
            self._settle(self._sure)

    def states(self) -> Iterator[Tree]:
        """Trees that the disk could have kept: of what was not synced nothing, all, one thing, or all but one.

        A file may also have its length and none of its bytes.
        """
        pending = self._pending
        yield self._with([])
        if pending:
            yield self._with(pending)
            yield self._with([_emptied(each) for each in pending])
            for number, each in enumerate(pending):
                yield self._with([each])
                yield self._with(pending[:number] + pending[number + 1 :])

    def _name(self, gone: str | None, new: str | None, file: int) -> None:
        if gone:
            self._seen.pop(gone, None)
        if new:
            self._seen[new] = file
        self._pending.append(Names(str(Path(gone or new or "").parent), gone, new, file))

    def _length(self, file: int) -> int:
        ends = [
            each.offset + len(each.data or b"")
            for each in self._pending
            if isinstance(each, Content) and each.file == file
        ]
        return max([len(self._content[file]), *ends])

    def _settle(self, path: str) -> None:
        """What was done to the file or in the folder of this path is kept from now on."""
        number = self._seen.get(path)
        settled = [
            each
            for each in self._pending
            if (each.folder == path if isinstance(each, Names) else number is not None and each.file == number)
        ]
        _apply(settled, self._content, self._kept)
        self._pending = [each for each in self._pending if each not in settled]

    def _with(self, chosen: Sequence[Pending]) -> Tree:
        content, names = list(self._content), dict(self._kept)
        _apply(chosen, content, names)
        return {
            path: content[number] if number != FOLDER else None
            for path, number in names.items()
            if str(Path(path).parent) in names or number == FOLDER
        }


def _emptied(pending: Pending) -> Pending:
    if isinstance(pending, Content) and pending.data is not None:
        return Content(pending.file, pending.offset, bytes(len(pending.data)))
    return pending


def _apply(chosen: Sequence[Pending], content: list[bytes], names: dict[str, int]) -> None:
    for each in chosen:
        if isinstance(each, Names):
            if each.gone:
                names.pop(each.gone, None)
            if each.new:
                names[each.new] = each.file
        elif each.data is None:
            content[each.file] = content[each.file][: each.offset].ljust(each.offset, b"\0")
        else:
            before = content[each.file].ljust(each.offset, b"\0")
            content[each.file] = before[: each.offset] + each.data + before[each.offset + len(each.data) :]


def read(root: Path) -> Tree:
    """A folder as it is, itself included."""
    return {str(path): None if path.is_dir() else path.read_bytes() for path in [root, *sorted(root.rglob("*"))]}
