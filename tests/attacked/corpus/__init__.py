"""The requests, by group. After each group a report is filed, so a group also is what the portal survives."""

from tests.attacked.attack import Attack
from tests.attacked.corpus import (
    chunked,
    csrf,
    encodings,
    headers,
    hosts,
    methods,
    multipart,
    pipelining,
    replays,
    slow,
    smuggling,
    targets,
    values,
)

GROUPS: dict[str, list[Attack]] = {
    "smuggling": smuggling.ATTACKS,
    "chunked": chunked.ATTACKS,
    "targets": targets.ATTACKS,
    "hosts": hosts.ATTACKS,
    "headers": headers.ATTACKS,
    "methods": methods.ATTACKS,
    "multipart": multipart.ATTACKS,
    "encodings": encodings.ATTACKS,
    "values": values.ATTACKS,
    "csrf": csrf.ATTACKS,
    "replays": replays.ATTACKS,
    "pipelining": pipelining.ATTACKS,
}
SLOW: list[Attack] = slow.ATTACKS
"""Those that take the time that a deployment gives them; for tests it is less."""
