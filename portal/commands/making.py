"""init, migrate, check, address: a portal's state folder, its tables, its address."""

import argparse
import sys
from contextlib import closing

from portal import bundle, files, roster, settings, state
from portal.commands import base
from portal.commands.base import Command
from portal.commands.rostering import NO_ROSTER
from portal.errors import SettingsError, StoreError
from portal.store import Store


def add(command: Command) -> None:
    """Add them to the command line."""
    command("init", _init, "Make a state folder and the database; print the portal's key.")
    command("migrate", _migrate, "Bring the tables to what this version needs; nothing else changes.")
    checked = command("check", _check, "Say whether this version can serve from the database, and to these keys.")
    base.add_keys(checked, required=False)
    command("address", _address, "Print the address of the onion service; its key is made if there is none.")


def _init(options: argparse.Namespace) -> None:
    files.make_folder(options.state)
    chosen = base.settings_of(options)
    with closing(Store(chosen.database)) as store:
        if not state.secret_path(options.state, state.RECEIPT_SECRET).exists() and _has_tables(store):
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


def _has_tables(store: Store) -> bool:
    try:
        store.schema_version()
    except StoreError:
        return False
    return True


def _migrate(options: argparse.Namespace) -> None:
    with closing(Store(base.settings_of(options).database)) as store:
        # A database that was lost must not come back empty: tables are made by `portal init` alone.
        store.schema_version()
        store.migrate()
    print("The tables are those of this version.")


def _check(options: argparse.Namespace) -> None:
    chosen = base.settings_of(options)
    base.store_of(chosen).close()
    print("The tables are those of this version.")
    trust = roster.trust(chosen.coordination_key, chosen.state)
    print(f"The keys folder has roster {trust.read(chosen.keys).number}." if trust else NO_ROSTER)


def _address(options: argparse.Namespace) -> None:
    from portal import server  # tor's adapter is for few commands

    print(server.onion_address(base.settings_of(options)))
