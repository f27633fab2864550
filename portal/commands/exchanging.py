"""export and import: the portal's half of the exchange with a desk."""

import argparse
from contextlib import closing
from pathlib import Path

from portal import bundle, exchange, files, roster, state
from portal.commands import base
from portal.commands.base import Command
from portal.desks import check_signing_key, read_public_key
from portal.errors import BundleError, SettingsError


def add(command: Command) -> None:
    """Add them to the command line."""
    exported = command("export", _export, "Write a bundle with all that waits for a desk.")
    exported.add_argument("--desk", required=True, metavar="NAME")
    exported.add_argument("out", type=Path, metavar="OUT")
    taken = command("import", _import, "Take a desk's pack: its acknowledgements and its replies.")
    base.add_keys(taken)
    taken.add_argument("pack", type=Path, metavar="PACK")


def _export(options: argparse.Namespace) -> None:
    chosen = base.settings_of(options)
    base.check_desk(chosen, options.desk)
    key = state.load(options.state).signing_key
    with closing(base.store_of(chosen)) as store:
        manifest, pieces = exchange.export(store, key, options.desk, base.today())
        files.write(options.out, pieces)
    count = base.count(len(manifest.items), "sealed item")
    print(f"{options.out}: {count} for {options.desk}. All stays here until a pack of that desk acknowledges it.")


def _import(options: argparse.Namespace) -> None:
    chosen = base.settings_of(options)
    made = state.load(options.state)
    if not chosen.keys.is_dir():
        raise SettingsError(f"The keys folder {chosen.keys} is not there: name the one that `portal serve` uses.")
    paths = {name: chosen.keys / f"{name}.pub" for name in chosen.desks}
    keys = {name: read_public_key(path, name) for name, path in paths.items() if path.exists()}
    if trust := roster.trust(chosen.coordination_key, chosen.state):
        listed = trust.read(chosen.keys)
        for name, key in keys.items():
            check_signing_key(paths[name], name, key, listed)
    with closing(base.store_of(chosen)) as store:
        try:
            taken = exchange.take(store, bundle.site(made.public_key), keys, base.today(), base.pieces(options.pack))
        except BundleError as error:
            missing = ", ".join(f"{name}.pub" for name in paths if name not in keys)
            raise BundleError(f"{error} The keys folder has no {missing}." if missing else str(error)) from None
    print(_summary(taken))


def _summary(taken: exchange.Taken) -> str:
    pack = f"Pack {taken.manifest.counter} of {taken.manifest.desk}"
    result = taken.result
    if not result.applied:
        return f"{pack}, or a later one, was taken before: nothing changed."
    return (
        f"{pack}: {base.count(result.acknowledged, 'item')} acknowledged, "
        f"{base.count(result.stored, 'new answer')} ready for reporters"
        + (f", {base.count(result.unknown, 'acknowledgement')} of what is not here any more" if result.unknown else "")
        + (f", {base.count(result.mismatched, 'item')} with another hash, which stays" if result.mismatched else "")
        + "."
    )
