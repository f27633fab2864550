"""Every limit of this package, in one place, each with its unit."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait, and how often to try. All in seconds, unless the name says otherwise."""

    connect_s: float = 5
    """To connect to a control socket, or to tor's SOCKS port."""

    answer_s: float = 15
    """For one answer of tor's on the control connection; a tor that takes longer hangs, and is replaced."""

    heartbeat_s: float = 10
    """Between two questions that show whether tor still answers."""

    bootstrap_stuck_s: float = 90
    """Without any headway into the network, until it is reported; tor goes on trying."""

    upload_s: float = 180
    """After a service was added, until one directory has accepted its descriptor."""

    retry_first_s: float = 1
    """Before the first new start or connection after a failure; doubled each time."""

    retry_most_s: float = 60
    """Between two new starts or connections, however often they failed."""

    probe_first_s: float = 5
    """After the first directory has the descriptor, before the first probe: the others follow within seconds."""

    probe_every_s: float = 300
    """Between two probes of our own address while it answers."""

    probe_retry_s: float = 30
    """Between two probes while it does not."""

    probe_s: float = 90
    """For one whole probe: tor fetches the descriptor and builds a circuit of six relays."""

    probes_failed: int = 3
    """Number of probes that did not find the service, after which it is taken out and added again."""

    republish_first_s: float = 15
    """Before a service that was refused or not reached is taken out and added again; doubled each time."""

    republish_most_s: float = 900
    """Between two such attempts. Adding again moves the introduction points: a flapping service is worse than none."""

    stop_s: float = 1
    """For the service to be withdrawn; and as long again for a managed tor to end after SIGTERM, before SIGKILL."""
