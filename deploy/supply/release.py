"""python -m deploy.supply.release OUT: what `scripts/release` runs.

    OUT/portevoix-VERSION.tar.gz              the sources, from which `deploy/install.sh` installs a portal
    OUT/portevoix-VERSION-py3-none-any.whl    the same as a wheel
    OUT/portevoix-VERSION-PART.cdx.json       the bill of materials of PART, portal and desk
    OUT/portevoix-VERSION-desk-kit.zip        the desk's kit, if it is given
    OUT/SHA256SUMS                            of every other file, for `sha256sum -c`
    OUT/SHA256SUMS.minisig                    its signature; the comment names version and commit

Rules kept here: what is released is a commit and nothing else; what is made of the lock files is current; a kit holds
the same wheel; the same commit gives the same bytes.
"""

import argparse
import gzip
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import minisign

from deploy.kit import archive, signing, source, wheels
from deploy.kit.errors import KitError
from deploy.supply.errors import SupplyError
from deploy.supply.generated import PARTS, bill_of, check_current

_NAMED = 3
"""So many files of an unclean tree are named."""


def make(root: Path, out: Path, key: minisign.SecretKey | None, kit: Path | None = None) -> None:
    """Make the new folder `out` of the commit that is checked out at `root`. Raises SupplyError and KitError."""
    if out.exists():
        raise SupplyError(f"{out} exists already and is not overwritten: choose another name.")
    if not out.absolute().parent.is_dir():
        raise SupplyError(f"There is no folder {out.parent} to make {out.name} in: make it first.")
    commit = check_clean(root)
    check_current(root)
    version, epoch = source.version(root), source.epoch(root)
    name = f"portevoix-{version}"
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        folder, tree = Path(work, "release"), Path(work, "tree")
        folder.mkdir()
        _pack(root, name, folder / f"{name}.tar.gz", epoch)
        # Out of the index: what git was told to ignore lies in the working tree too.
        source.git(root, "checkout-index", "--all", f"--prefix={tree}/")
        wheel = wheels.build(tree, folder, epoch)
        for part in PARTS:
            shutil.copyfile(tree / bill_of(part), folder / f"{name}-{part}.cdx.json")
        if kit is not None:
            check_kit(kit, wheel)
            shutil.copyfile(kit, folder / f"{name}-desk-kit.zip")
        archive.seal(folder, key, f"portevoix {version}, commit {commit}")
        folder.rename(out)


def check_clean(root: Path) -> str:
    """The commit at `root`, hex. Raises SupplyError if something there is in no commit."""
    changed = source.git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:_NAMED])
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        raise SupplyError(f"Not in any commit: {names}{more}. Commit it or remove it: a release is a commit.")
    return source.git(root, "rev-parse", "HEAD")


def check_kit(kit: Path, wheel: Path) -> None:
    """Raise SupplyError if the desk's kit was built from other sources than the wheel."""
    try:
        with zipfile.ZipFile(kit) as inside:
            same = inside.read(f"{archive.TOP}/linux/wheels/{wheel.name}") == wheel.read_bytes()
    except (KeyError, zipfile.BadZipFile):
        same = False
    if not same:
        raise SupplyError(f"{kit} does not hold the wheel of this commit: build it now with scripts/desk-kit.")


def _pack(root: Path, name: str, out: Path, epoch: int) -> None:
    with tempfile.NamedTemporaryFile() as tar, out.open("xb") as file:
        source.git(root, "archive", "--format=tar", f"--prefix={name}/", f"--output={tar.name}", "HEAD")
        with gzip.GzipFile("", "wb", fileobj=file, mtime=epoch) as packed:
            shutil.copyfileobj(tar, packed)


def main(argv: list[str] | None = None) -> int:
    """Make one release; the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/release", description="Make a release of the commit that is checked out.", allow_abbrev=False
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder to make, such as portevoix-0.1.0")
    parser.add_argument("--sign", metavar="KEYFILE", type=Path, help="minisign's secret key to sign the checksums with")
    parser.add_argument("--kit", metavar="FILE", type=Path, help="the desk's kit that scripts/desk-kit built")
    options = parser.parse_args(argv)
    try:
        key = signing.secret_key(options.sign) if options.sign else None
        make(source.ROOT, options.out, key, options.kit)
        print((options.out / archive.SUMS).read_text("ascii"), end="")
    except (SupplyError, KitError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if key is None:
        print("This release is NOT signed: it is good for comparing only. Sign with --sign KEYFILE.")
    else:
        print(f"Signed; whoever gets it checks with the public key {signing.public_key(key)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
