"""The command `portal`: it reads arguments, wires the parts, prints, and turns errors into one line."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from portal import bundle, exchange, files, logs, settings, state
from portal.desks import read_public_key
from portal.errors import BundleError, PortevoixError, SettingsError, StoreError
from portal.settings import Settings
from portal.store import Store

_READ_BYTES = 256 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 1 after an error that was printed."""
    logs.configure(sys.stderr)
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except PortevoixError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename or 'a file'}: {error.strerror}: mend that, then try again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal", description="The online half of Portevoix.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="make a state folder and the database; print the portal's key")
    init.set_defaults(run=_init)
    serve = commands.add_parser("serve", help="serve the portal as an onion service until SIGTERM")
    serve.set_defaults(run=_serve)
    export = commands.add_parser("export", help="write a bundle with all that waits for a desk")
    export.set_defaults(run=_export)
    take = commands.add_parser("import", help="take a desk's pack: its acknowledgements and its replies")
    take.set_defaults(run=_import)
    tend = commands.add_parser("tend", help="forget expired replies and the order of arrival; run it every night")
    tend.set_defaults(run=_tend)

    for command in (init, serve, export, take, tend):
        command.add_argument("--state", type=Path, required=True, metavar="DIR", help="the state folder")
        command.add_argument("--database", metavar="URL", help="another database than SQLite in the state folder")
    for command in (serve, take):
        command.add_argument("--keys", type=Path, required=True, metavar="DIR", help="the desks' public keys")
    serve.add_argument("--preview", metavar="HOST:PORT", help="also listen on loopback, for a look without Tor")
    serve.add_argument("--no-tor", action="store_true", help="publish no onion service")
    serve.add_argument("--socket", type=Path, metavar="PATH", help="the unix socket (default: in the state folder)")
    export.add_argument("--desk", required=True, metavar="NAME")
    export.add_argument("out", type=Path, metavar="OUT")
    take.add_argument("pack", type=Path, metavar="PACK")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return settings.load(options.state, getattr(options, "keys", None), options.database)


def _store(chosen: Settings) -> Store:
    store = Store(chosen.database)
    store.check_schema()
    return store


def _today() -> date:
    return datetime.now(UTC).date()


def _init(options: argparse.Namespace) -> None:
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    chosen = _settings(options)
    with closing(Store(chosen.database)) as store:
        if not state.secret_path(options.state, state.RECEIPT_SECRET).exists() and _is_made(store):
            raise SettingsError(
                f"The database is there, but {options.state / state.RECEIPT_SECRET} is missing: restore it from the "
                "backup; with a new one no earlier receipt would open anything."
            )
        made = state.create(options.state)
        store.create()
    if options.database:
        settings.remember_database(options.state, options.database)
    print(made.public_key.to_base64().decode())
    print(f"The portal's key is in {options.state / state.PUBLIC_KEY}: give it to every desk.", file=sys.stderr)
    print(f"Its fingerprint, for reading aloud: {' '.join(bundle.fingerprint(made.public_key))}", file=sys.stderr)
    print(
        "Next: copy each desk's NAME.recipients and NAME.pub into a keys folder, then "
        f"`portal serve --state {options.state} --keys KEYS`.",
        file=sys.stderr,
    )


def _is_made(store: Store) -> bool:
    try:
        store.check_schema()
    except StoreError:
        return False
    return True


def _serve(options: argparse.Namespace) -> None:
    from portal import server  # Flask, waitress and tor are for this command alone

    server.serve(_settings(options), server.Options(options.preview, options.socket, onion=not options.no_tor))


def _export(options: argparse.Namespace) -> None:
    chosen = _settings(options)
    if options.desk not in chosen.desks:
        known = ", ".join(chosen.desks)
        raise SettingsError(f"There is no desk called {options.desk}: the settings have {known}.")
    key = state.load(options.state).signing_key
    with closing(_store(chosen)) as store:
        manifest, pieces = exchange.export(store, key, options.desk, _today())
        files.write(options.out, pieces)
    count = _count(len(manifest.items), "sealed item")
    print(f"{options.out}: {count} for {options.desk}. All stays here until a pack of that desk acknowledges it.")


def _import(options: argparse.Namespace) -> None:
    chosen = _settings(options)
    made = state.load(options.state)
    if not chosen.keys.is_dir():
        raise SettingsError(f"The keys folder {chosen.keys} is not there: name the one that `portal serve` uses.")
    paths = {name: chosen.keys / f"{name}.pub" for name in chosen.desks}
    keys = {name: read_public_key(path, name) for name, path in paths.items() if path.exists()}
    with closing(_store(chosen)) as store, options.pack.open("rb") as file:
        pieces = iter(lambda: file.read(_READ_BYTES), b"")
        try:
            taken = exchange.take(store, bundle.site(made.public_key), keys, _today(), pieces)
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
        f"{pack}: {_count(result.acknowledged, 'item')} acknowledged, "
        f"{_count(result.stored, 'new answer')} ready for reporters"
        + (f", {_count(result.unknown, 'acknowledgement')} of what is not here any more" if result.unknown else "")
        + (f", {_count(result.mismatched, 'item')} with another hash, which stays" if result.mismatched else "")
        + "."
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _tend(options: argparse.Namespace) -> None:
    with closing(_store(_settings(options))) as store:
        result = store.tend(exchange.month_after(_today(), 0))
    print(f"{_count(result.replies_deleted, 'expired answer')} deleted; the order of arrival is forgotten.")


if __name__ == "__main__":
    sys.exit(main())
