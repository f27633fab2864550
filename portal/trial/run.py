"""`scripts/run`: a trial portal on this machine, made and served with one command.

python -m portal.trial.run [--private-tor]
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from portal import hygiene, logs, server, settings
from portal.errors import PortevoixError
from portal.trial.folder import PASSPHRASE, Trial
from portal.trial.listening import HOST, free_port
from tor import PrivateNetwork, TorError

FOLDER = Path("trial")
PORT = 8080
NEXT = """
A trial portal, NOT for real use. The passphrase of its three desks: {passphrase}

  Preview          http://{address}/
  Onion address    http://{onion}/  (once it says "published" below)
{private}
Next: open one of them and file a report. Then, in another terminal, be the police:

  .venv/bin/portal export --state trial/state --desk police trial/bundle.tar
  scripts/desk import trial/police trial/bundle.tar --portal-key trial/state/portal.pub \\
      --passphrase-file trial/passphrase
  scripts/desk list trial/police --passphrase-file trial/passphrase

Stop with Ctrl-C.
"""
PRIVATE = """  Private network  a browser with the SOCKS proxy {host}:{port} and remote DNS reaches the onion address
"""


def main() -> int:
    """Make what is missing under ./trial and serve it until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="scripts/run", description="Runs a trial portal on this machine.")
    parser.add_argument("--private-tor", action="store_true", help="a whole Tor network on loopback, without internet")
    options = parser.parse_args()
    hygiene.enforce()
    logs.configure(sys.stderr)
    trial = Trial(FOLDER)
    try:
        trial.make(_say)
        with _network(options.private_tor) as network:
            _serve(trial, network)
    except (PortevoixError, TorError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextlib.contextmanager
def _network(wanted: bool) -> Iterator[PrivateNetwork | None]:
    if not wanted:
        yield None
        return
    _say("Starting a private Tor network on loopback, about 15 seconds …")
    with PrivateNetwork(say=_say) as network:
        yield network


def _serve(trial: Trial, network: PrivateNetwork | None) -> None:
    address = f"{HOST}:{free_port(PORT)}"
    chosen = settings.load(trial.state, trial.keys)
    private = PRIVATE.format(host=HOST, port=network.socks_port) if network else ""
    onion = server.onion_address(chosen)
    print(NEXT.format(passphrase=PASSPHRASE, address=address, onion=onion, private=private), flush=True)
    lines = network.torrc_lines if network else ()
    server.serve(chosen, server.Options(preview=address, tor_lines=lines))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
