"""serve: the portal itself."""

import argparse
from pathlib import Path

from portal.commands import base
from portal.commands.base import Command


def add(command: Command) -> None:
    """Add it to the command line."""
    served = command("serve", _serve, "Serve the portal as an onion service until SIGTERM.")
    base.add_keys(served)
    served.add_argument("--preview", metavar="HOST:PORT", help="also listen on loopback, for a look without Tor")
    served.add_argument("--no-tor", action="store_true", help="publish no onion service")
    served.add_argument("--socket", type=Path, metavar="PATH", help="the unix socket (default: in the state folder)")


def _serve(options: argparse.Namespace) -> None:
    from portal import server  # Flask, waitress and tor are for this command alone

    server.serve(base.settings_of(options), server.Options(options.preview, options.socket, onion=not options.no_tor))
