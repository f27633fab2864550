"""The way to an onion address through the SOCKS port of a private Tor network's client, for `Reporter` and others."""

import http.client
import time

from portal.trial.reporter import TIMEOUT_SECONDS, Connect
from tor import PrivateNetwork, ProbeError
from tor.control import Endpoint
from tor.onion import PORT
from tor.private import LOOPBACK
from tor.socks import connect

PATIENCE_SECONDS = 120.0
"""Until the network knows a service that was published a moment ago, or again."""
AGAIN_SECONDS = 0.5


def client_of(network: PrivateNetwork) -> Endpoint:
    """Where the network's own client takes connections."""
    return Endpoint(host=LOOPBACK, port=network.socks_port)


def new_circuit(proxy: Endpoint, host: str, timeout: float = PATIENCE_SECONDS) -> http.client.HTTPConnection:
    """A connection over a new circuit, as of a visitor who was never there. Raises ProbeError and OSError."""
    made = http.client.HTTPConnection(host)
    made.sock = proxy.connect(timeout)
    try:
        connect(made.sock, host, PORT, timeout)
    except ProbeError:
        made.close()
        raise
    made.sock.settimeout(TIMEOUT_SECONDS)
    return made


def through(proxy: Endpoint, patience: float = PATIENCE_SECONDS) -> Connect:
    """What `Reporter` connects with: `new_circuit`, tried again for so many seconds. Raises ProbeError."""

    def insist(host: str) -> http.client.HTTPConnection:
        deadline = time.monotonic() + patience
        while True:
            try:
                return new_circuit(proxy, host, max(deadline - time.monotonic(), AGAIN_SECONDS))
            except ProbeError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(AGAIN_SECONDS)

    return insist
