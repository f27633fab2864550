"""The power goes: every state that a disk could have kept is put together, opened, and looked through.

All writes and syncs of a process that stores items in SQLite are recorded. For every point in that record, the disk
has all that was synced before, and of the rest nothing, all of it, or any part, the last write torn at a sector. Each
such folder is opened as the portal does after a crash. The files beside the database, and their names, are in
`tests.proofs.power.commands`. PostgreSQL is stopped by force in `tests.proofs.killed`; what
its own log does on a disk that loses writes is its makers' to prove.
"""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from portal.store import Store, sqlite_url
from tests.proofs import Outcome
from tests.proofs.power import commands
from tests.proofs.power.recording import Operation, Said, Sync, Truncate, Unlink, Write, record
from tests.store.helpers import chunks, content, identifier
from tests.store.writer import ACKNOWLEDGED, REMOVED, REMOVING, size

CLAIM = (
    "Power lost at any moment takes no report whose receipt was shown, leaves a database that opens at once, and takes "
    "no secret or bundle of a command that has ended."
)
ITEMS = 24
SEED = 3
SECTOR_BYTES = 512
PARTS = 3
"""Random parts of what was not synced, at each point."""
WRITER = "tests.store.writer"
REWRITE = "portal.store.vacuum"


class Folder:
    """The files of a folder, as bytes, while operations are done to them."""

    def __init__(self, start: dict[str, bytes]) -> None:
        self.files = {path: bytearray(data) for path, data in start.items()}

    def do(self, operation: Operation) -> None:
        """Do one operation."""
        match operation:
            case Write(path, offset, data):
                file = self.files.setdefault(path, bytearray())
                file.extend(bytes(max(0, offset + len(data) - len(file))))
                file[offset : offset + len(data)] = data
            case Truncate(path, length):
                file = self.files.setdefault(path, bytearray())
                del file[length:]
                file.extend(bytes(length - len(file)))
            case Unlink(path):
                self.files.pop(path, None)

    def copy(self) -> "Folder":
        return Folder({path: bytes(data) for path, data in self.files.items()})


def kept(
    start: dict[str, bytes], operations: Sequence[Operation], chance: random.Random
) -> Iterator[tuple[int, Folder]]:
    """Every point of the record, by its number, with folders that a disk could have kept then."""
    durable, pending = Folder(start), list[Operation]()
    for number, operation in enumerate(operations):
        if isinstance(operation, Sync):
            for one in [one for one in pending if _path(one) == operation.path]:
                durable.do(one)
            pending = [one for one in pending if _path(one) != operation.path]
        elif not isinstance(operation, Said):
            pending.append(operation)
        yield number, durable.copy()
        if pending:
            yield number, _with(durable, pending)
            for _ in range(PARTS):
                chosen = [one for one in pending if chance.random() < 0.5]
                if chosen and isinstance(last := chosen[-1], Write):
                    sectors = len(last.data) // SECTOR_BYTES
                    torn = last.data[: chance.randint(0, sectors) * SECTOR_BYTES]
                    chosen[-1] = Write(last.path, last.offset, torn)
                yield number, _with(durable, chosen)


def _path(operation: Operation) -> str:
    return "" if isinstance(operation, Said) else operation.path


def _changes_a_file(operation: Operation, folder: Path) -> bool:
    return isinstance(operation, Write | Truncate | Sync | Unlink) and Path(_path(operation)).parent == folder


def _with(durable: Folder, operations: Sequence[Operation]) -> Folder:
    folder = durable.copy()
    for one in operations:
        folder.do(one)
    return folder


def expected(operations: Sequence[Operation]) -> tuple[set[int], set[int]]:
    """The items that somebody was told are there, and those of which somebody was told that they are gone."""
    lines = [one.line for one in operations if isinstance(one, Said)]

    def named(beginning: str) -> set[int]:
        return {int(line.removeprefix(beginning)) for line in lines if line.startswith(beginning)}

    return named(ACKNOWLEDGED) - named(REMOVING), named(REMOVED)


def faults(folder: Folder, database: Path, operations: Sequence[Operation], begun: int) -> list[str]:
    """What is wrong in a folder after the power came back; `begun` is the item that may be there or not."""
    for path in database.parent.iterdir():
        path.unlink()
    for name, data in folder.files.items():
        Path(name).write_bytes(data)
    there, gone = expected(operations)
    store = Store(sqlite_url(database))
    try:
        found = {item.id for item in store.waiting("police")}
        wrong = [f"item {number} is lost" for number in there if identifier(number) not in found]
        wrong += [f"item {number} came back" for number in gone if identifier(number) in found]
        for number in range(begun + 1):
            if identifier(number) in found and b"".join(store.read_item(identifier(number))) != content(
                number, size(number)
            ):
                wrong.append(f"item {number} is not what was stored")
        chunks(store)
    except Exception as error:  # noqa: BLE001  (whatever it is, the database did not open at once)
        return [f"{type(error).__name__}: {error}"]
    finally:
        store.close()
    return wrong


def trial(items: int, seed: int, *, fault: str = "", one_in: int = 1) -> tuple[int, list[str]]:
    """How many folders were tried, and what was wrong; with `one_in`, one in so many of them is, drawn by the seed.

    `fault` is one of the writer's.
    """
    with tempfile.TemporaryDirectory() as work:
        state = Path(work) / "state"
        state.mkdir()
        database = state / "portal.db"
        store = Store(sqlite_url(database))
        store.create()
        store.close()
        start = {str(path): path.read_bytes() for path in state.iterdir()}
        arguments = [sqlite_url(database), str(items), *([fault] if fault else [])]
        recorded = record(state, WRITER, arguments, Path(work) / "trace")
        operations = [one for one in recorded if isinstance(one, Said) or _changes_a_file(one, state)]
        wrong, tried, draw = [], 0, random.Random(seed)
        for number, folder in kept(start, operations, random.Random(seed)):
            if draw.randrange(one_in) == 0:
                done = operations[: number + 1]
                wrong += [f"after operation {number}: {one}" for one in faults(folder, database, done, items - 1)]
                tried += 1
        return tried, wrong


def unsynced(module: str = REWRITE, *more: str) -> list[str]:
    """What is wrong when the program that rewrites the file has ended: what it wrote was not synced."""
    with tempfile.TemporaryDirectory() as work:
        database = Path(work) / "portal.db"
        with closing(Store(sqlite_url(database))) as store:
            store.create()
        operations = record(Path(work), module, [str(database), "5", *more], Path(work) / "trace")
    ours = [one for one in operations if isinstance(one, Write | Sync) and one.path == str(database)]
    return [] if ours and isinstance(ours[-1], Sync) else ["the rewrite ended before its last write was on the disk"]


def prove() -> Outcome:
    """All points of a record of `ITEMS` items, of the rewrite, and of the commands that write secrets."""
    tried, wrong = trial(ITEMS, SEED)
    wrong += unsynced()
    states, more = commands.trial()
    wrong += more
    found = "; ".join(wrong[:5]) or "0 faults"
    return Outcome(
        not wrong,
        f"{tried:,} states of the disk while {ITEMS} items were stored, some removed, and the file tended, and "
        f"{states} of files and their names in {', '.join(commands.COMMANDS)}: {found}.",
    )
