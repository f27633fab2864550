"""What a running tor says of itself, and one visit to an onion address through it: for a look from time to time."""

from dataclasses import dataclass
from datetime import UTC, datetime

from . import socks
from .control import Control, key_values
from .errors import ControlRefused
from .limits import Limits
from .onion import PORT
from .probe import open_proxy, socks_port

SOUND_ADVICE = ("recommended", "new", "new in series", "unknown", "none recommended", "")
"""What the directories say of a version that may stay (control-spec, `status/version/current`)."""

_ENTERED = "100"


@dataclass(frozen=True)
class Facts:
    """`version` as tor prints it, what the directories say of it, and from when until when their consensus holds (UTC).

    `advice` and `consensus` are empty and None while tor has none.
    """

    version: str
    advice: str
    consensus: tuple[datetime, datetime] | None


def facts(control: Control) -> Facts:
    """Asks a tor. Raises `ControlLost`."""
    since, until = (_moment(_asked(control, f"consensus/valid-{word}")) for word in ("after", "until"))
    consensus = (since, until) if since and until else None
    return Facts(control.info("version"), _asked(control, "status/version/current"), consensus)


def on_its_way(control: Control) -> str:
    """How far a tor is that has not entered the network yet, as "14 % (Handshaking with a relay)"; empty once it has.

    Raises `ControlLost`.
    """
    phase = key_values(_asked(control, "status/bootstrap-phase"))
    progress = phase.get("PROGRESS", "")
    return "" if progress in ("", _ENTERED) else f"{progress} % ({phase.get('SUMMARY', '')})"


def visit(control: Control, address: str, limits: Limits, tor_host: str = "") -> None:
    """Goes to port 80 of an onion address as any visitor would, over a new circuit of six relays.

    Raises `Unreachable`, `NotFound`, `ProbeError`, `ControlLost`.
    """
    with open_proxy(socks_port(control, tor_host), limits) as connection:
        socks.connect(connection, address, PORT, limits.probe_s)


def _asked(control: Control, key: str) -> str:
    try:
        return control.info(key)
    except ControlRefused:
        return ""


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip('"'), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
