"""Runs `desk` commands, one after the other, in one process: started under `unshare -n`, it has no network at all.

Each line of standard input is the arguments of one command as a JSON list; each line of standard output says
status, output and errors as a JSON object.
"""

import contextlib
import io
import json
import socket
import sys

from portal.desk.cli import main


def has_network() -> bool:
    """Whether this process can reach anything, even itself on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("127.0.0.1", 9))
        except OSError:
            return False
    return True


def is_alone() -> bool:
    """Whether the loopback is all the network that this process has."""
    return [name for _, name in socket.if_nameindex() if name != "lo"] == []


if __name__ == "__main__":
    if has_network():
        sys.exit("this process must have no network: start it with unshare -n")
    for line in sys.stdin:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(json.loads(line))
        print(json.dumps({"status": status, "out": out.getvalue(), "err": err.getvalue()}), flush=True)
