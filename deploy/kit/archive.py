"""The archive itself: checksums, their signature, and a zip that is the same for the same files."""

import hashlib
import zipfile
from pathlib import Path

import minisign

from deploy.kit.errors import KitError

SUMS = "SHA256SUMS"
SIGNATURE = f"{SUMS}.minisig"
TOP = "portevoix-desk"
LONGEST_PATH = 150
"""Characters: Windows takes 260, and the folder that somebody unpacks into needs some of them."""
_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every entry: the first that a zip can say."""
_STORED = (".whl", ".png")
"""Already compressed."""


def seal(folder: Path, key: minisign.SecretKey | None, comment: str) -> None:
    """Write the checksums of everything in `folder`, and their signature if there is a key.

    `comment` says what that is, in ASCII.
    """
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in _files(folder)]
    sums = "".join(lines).encode()
    (folder / SUMS).write_bytes(sums)
    if key is not None:
        signature = key.sign(sums, untrusted_comment=f"checksums of {comment}", trusted_comment=comment)
        (folder / SIGNATURE).write_bytes(bytes(signature))


def write(folder: Path, out: Path) -> str:
    """Make the new file `out` of everything in `folder`; its SHA-256, hex. Raises KitError."""
    try:
        with out.open("xb") as file, zipfile.ZipFile(file, "w") as archive:
            for name, path in _files(folder):
                _add(archive, f"{TOP}/{name}", path.read_bytes())
        with out.open("rb") as made:
            return hashlib.file_digest(made, "sha256").hexdigest()
    except FileExistsError:
        raise KitError(f"{out} exists already and is not overwritten: choose another name.") from None
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    if len(name) > LONGEST_PATH:
        raise KitError(f"{name} is longer than {LONGEST_PATH} characters: Windows might not unpack it.")
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = 3
    entry.external_attr = (0o100755 if name.endswith(".sh") else 0o100644) << 16
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Name and path of every file, by name."""
    return sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
