"""python -m deploy.kit OUT: what `scripts/desk-kit` runs."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import minisign

from deploy.kit import archive, manual, signing, source, wheels, windows
from deploy.kit.errors import KitError
from deploy.kit.source import ROOT
from deploy.kit.targets import PYTHONS, linux
from deploy.kit.targets import windows as windows_target

HERE = Path(__file__).parent
LOCK = ROOT / "requirements" / "desk.lock"


def main(argv: list[str] | None = None) -> int:
    """Build one kit; the exit status."""
    options = _options(argv)
    try:
        key = signing.secret_key(options.sign) if options.sign else None
        embeddable = windows.check(options.python_embed, options.python_embed_sha256) if options.python_embed else None
        if options.out.exists():
            raise KitError(f"{options.out} exists already and is not overwritten: choose another name.")
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work, "kit")
            _fill(folder, Path(work), options.python, embeddable)
            archive.seal(folder, key, f"portevoix desk kit {source.version()}")
            digest = archive.write(folder, options.out)
    except (KitError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _report(options.out, digest, key, embeddable)
    return 0


def _fill(folder: Path, work: Path, pythons: list[str], embeddable: windows.Embeddable | None) -> None:
    """Put everything into `folder` but the checksums."""
    ours, fetched = work / "ours", work / "fetched"
    for path in (folder, ours, fetched):
        path.mkdir()
    own = wheels.build(ROOT, ours, source.epoch())
    shutil.copy(HERE / "READ-ME.txt", folder)
    manual.write(ROOT / "docs", folder / "manual")
    if pythons:
        _linux(folder / "linux", own, pythons)
    if embeddable is not None:
        target = windows_target(embeddable.python)
        found = [own, *wheels.fetch(LOCK, target, fetched)]
        wheels.check_complete(found, target)
        (folder / "windows").mkdir()
        command = (HERE / "Desk.cmd").read_text("ascii")
        (folder / "windows" / "Desk.cmd").write_text(command, "ascii", newline="\r\n")
        windows.unpack(embeddable, found, folder / "windows" / "python")


def _linux(folder: Path, own: Path, pythons: list[str]) -> None:
    (folder / "wheels").mkdir(parents=True)
    shutil.copy(own, folder / "wheels")
    for python in pythons:
        target = linux(python)
        wheels.check_complete([own, *wheels.fetch(LOCK, target, folder / "wheels")], target)
    (folder / "requirements.txt").write_text(wheels.requirements((folder / "wheels").glob("*.whl")), "ascii")
    for name in ("install.sh", "open-desk.sh"):
        shutil.copy(HERE / name, folder)


def _report(out: Path, digest: str, key: minisign.SecretKey | None, embeddable: windows.Embeddable | None) -> None:
    print(f"{out}: {out.stat().st_size / 1_000_000:.0f} MB")
    print(f"SHA-256: {digest}")
    if key is None:
        print("This kit is NOT signed: whoever gets it can only compare the SHA-256. Sign it with --sign KEYFILE.")
    else:
        print(f"Signed; whoever gets it checks with the public key {signing.public_key(key)}.")
    if embeddable is None:
        print("It has no part for Windows: give the embeddable Python with --python-embed FILE.")


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/desk-kit", description="Build the desk's kit.", allow_abbrev=False)
    parser.add_argument("out", metavar="OUT", type=Path, help="the archive to make, such as desk-kit.zip")
    parser.add_argument("--sign", metavar="KEYFILE", type=Path, help="minisign's secret key to sign the kit with")
    parser.add_argument(
        "--python",
        metavar="VERSION",
        action="append",
        choices=PYTHONS,
        help=f"a Python that the Linux machines have; may be repeated (default: {', '.join(PYTHONS)})",
    )
    parser.add_argument("--no-linux", action="store_true", help="leave the part for Linux out")
    parser.add_argument(
        "--python-embed", metavar="FILE", type=Path, help="python.org's embeddable Python for 64-bit Windows (a zip)"
    )
    parser.add_argument(
        "--python-embed-sha256", metavar="HEX", help="its SHA-256, if it is another one than the pinned 3.11.9"
    )
    options = parser.parse_args(argv)
    if options.no_linux and not options.python_embed:
        parser.error("without Linux and without --python-embed there is nothing to build")
    options.python = [] if options.no_linux else options.python or list(PYTHONS)
    return options


if __name__ == "__main__":
    sys.exit(main())
