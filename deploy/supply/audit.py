"""python -m deploy.supply.audit DATABASE: pip-audit over our lock files, without network (`scripts/audit`).

pip-audit knows no database in a file, but takes the address of a service that answers as OSV's does. That service is
here, on the loopback, and has the export.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from deploy.kit.source import ROOT
from deploy.supply import locks
from deploy.supply.advisories import Database
from deploy.supply.errors import SupplyError

LOCKS = [ROOT / "requirements" / f"{name}.lock" for name in ("portal", "desk")]
_HOST = "127.0.0.1"
_LONGEST = 64 * 1024
"""A question of pip-audit has a hundred bytes or so."""


class _Package(msgspec.Struct):
    name: str


class _Question(msgspec.Struct):
    package: _Package
    version: str


@contextmanager
def service(database: Database) -> Iterator[str]:
    """Answer OSV's `query` from `database` while this is open; the address of the service."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                length = min(int(self.headers["Content-Length"]), _LONGEST)
                question = msgspec.json.decode(self.rfile.read(length), type=_Question)
            except (msgspec.MsgspecError, TypeError, ValueError):
                self.send_error(HTTPStatus.BAD_REQUEST)
                return
            known = database.known(question.package.name, question.version)
            answer = msgspec.json.encode({"vulns": known} if known else {})
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((_HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{_HOST}:{server.server_port}/v1/query"
        finally:
            server.shutdown()
            thread.join()


def audit(database: Path, paths: Sequence[Path]) -> int:
    """Run pip-audit over the lock files; its exit status. Raises SupplyError."""
    pins = [pin for path in paths for pin in locks.read(path.read_text("utf-8"))]
    known = Database(database, {pin.name for pin in pins})
    print(f"{database}: {known.count} advisories, the newest of {known.newest[:10]}.", file=sys.stderr)
    with service(known) as address, tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--strict"]
        command += ["--progress-spinner", "off", "--cache-dir", cache, "-s", "osv", "--osv-url", address]
        for path in paths:
            command += ["-r", str(path)]
        # A proxy that somebody has set would be asked for the loopback as well.
        environment = {**os.environ, "no_proxy": _HOST, "NO_PROXY": _HOST}
        return subprocess.run(command, check=False, env=environment).returncode  # noqa: S603 - our own interpreter


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0 nothing known, 1 something known or an error."""
    about = "Look for known vulnerabilities in what is locked, without network."
    parser = argparse.ArgumentParser(prog="scripts/audit", description=about, allow_abbrev=False)
    parser.add_argument("database", metavar="DATABASE", type=Path, help="all.zip of the ecosystem PyPI from osv.dev")
    parser.add_argument("locks", metavar="LOCK", type=Path, nargs="*", help="lock files (default: portal and desk)")
    options = parser.parse_args(argv)
    try:
        return audit(options.database, options.locks or LOCKS)
    except (SupplyError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
