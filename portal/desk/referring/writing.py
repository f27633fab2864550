"""Write a referral: a folder, or one age file of a tar with the same files.

Rules kept here: in clear, a file lies only in the folder that a person named, never under another name; the sealed
file gets its name when it is whole. `record` is called when all but the last step is done: a folder without
manifest.json.minisig is no referral, and so none can exist that the casebook does not know.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from portal import archive
from portal.age import Recipient, encrypt
from portal.desk.folder import FOLDER_MODE, Part, check_free, new_file
from portal.desk.referring.files import File
from portal.errors import DeskError, FormatError
from portal.files import sync_folder

Record = Callable[[], None]


def write_folder(out: Path, files: Sequence[File], signature: File, record: Record) -> None:
    """Make the folder `out`. Whatever goes wrong, it is gone again. Raises DeskError."""
    check_free(out)
    made: list[Path] = []
    try:
        out.mkdir(mode=FOLDER_MODE)
        made.append(out)
        for file in files:
            path = out.joinpath(*file.name.split("/"))
            if path.parent not in made:
                path.parent.mkdir(mode=FOLDER_MODE)
                made.append(path.parent)
            _write(path, file, made)
        record()
        _write(out / signature.name, signature, made)
    except BaseException:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        raise
    for path in (path for path in made if path.is_dir()):
        sync_folder(path)
    sync_folder(out.parent)


def write_sealed(out: Path, recipient: Recipient, files: Sequence[File], record: Record) -> None:
    """Make the age file `out`, sealed to `recipient` alone. Raises DeskError."""
    check_free(out)
    with Part(out.parent) as part:
        try:
            for piece in encrypt([recipient], _tar(files)):
                part.write(piece)
        except FormatError:
            raise _changed() from None
        part.close()
        record()
        part.become_new(out)


def checked(file: File) -> Iterator[bytes]:
    """The bytes of a file, in pieces. Raises DeskError at their end if they are not what the manifest says."""
    digest = hashlib.sha256()
    for piece in file.pieces():
        digest.update(piece)
        yield piece
    if digest.hexdigest() != file.sha256:
        raise _changed()


def _write(path: Path, file: File, made: list[Path]) -> None:
    with new_file(path) as opened:
        made.append(path)
        for piece in checked(file):
            opened.write(piece)


def _tar(files: Sequence[File]) -> Iterator[bytes]:
    for file in files:
        yield from archive.member(file.name, file.size, checked(file))
    yield bytes(archive.END_BYTES)


def _changed() -> DeskError:
    return DeskError("An attachment is not the one of its report: put back the folder sealed from a backup.")
