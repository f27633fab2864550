"""Adds an onion service to a running tor, and takes it out again.

The service belongs to the control connection: no `Flags=Detach`, so when the connection ends, for whatever reason, tor
withdraws the service by itself, and two portals never answer under one address for long.

Source: Tor's control-spec, ADD_ONION, DEL_ONION, ONION_CLIENT_AUTH_ADD.
"""

import base64
import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from nacl.public import PrivateKey

from .address import SUFFIX
from .control import Control
from .errors import ControlError, ControlRefused, PublishError, SettingError, TorTooOld
from .key import KEY_TYPE, OnionKey

PORT = 80
PROOF_OF_WORK = "proof of work"
STREAM_LIMIT = "stream limit"
MOST_STREAMS = 65_535

_COLLISION = 550
_NOT_UNDERSTOOD = (512, 513)


@dataclass(frozen=True)
class Service:
    """What is published.

    `target` is the unix socket that the portal listens on; visitors reach it at port 80 of `key.address`.
    `proof_of_work` lets tor ask visitors for work while introductions are flooded. `max_streams` closes a visitor's
    circuit that opens more connections at once; None sets no limit. `clients`, if there are any, are the only ones who
    can find the service: x25519 public keys in base32, 52 characters each, as in tor's `authorized_clients`
    ("descriptor:x25519:…" is read as well).

    Raises `SettingError` if one of them is not acceptable.
    """

    key: OnionKey
    target: Path
    proof_of_work: bool = True
    max_streams: int | None = None
    clients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        target = os.fspath(self.target)
        if not self.target.is_absolute() or re.search(r'[\s"\\\x00-\x1f\x7f]', target):
            raise SettingError(
                f"The portal's socket {target!r} is no absolute path without spaces and quotes: choose another place."
            )
        if self.max_streams is not None and not 0 < self.max_streams <= MOST_STREAMS:
            raise SettingError(
                f"The stream limit {self.max_streams} is not between 1 and {MOST_STREAMS}: mend the setting."
            )
        clients = tuple(client.removeprefix("descriptor:x25519:").upper() for client in self.clients)
        for client in clients:
            if not re.fullmatch(r"[A-Z2-7]{52}", client):
                raise SettingError(
                    "A client's key is not 52 characters of base32: take the line from the client's .auth file."
                )
        object.__setattr__(self, "clients", clients)


@dataclass(frozen=True)
class Publication:
    """A service that tor has taken: its address, and the defences that this tor does not know and that are off."""

    address: str
    defences_off: tuple[str, ...]


def publish(control: Control, service: Service) -> Publication:
    """Adds the service. It has still to be uploaded then: HS_DESC events tell.

    A defence that tor is too old for is left out, and named in the answer. Client authorisation is never left out:
    without it everybody could find the service. Raises `PublishError`, `TorTooOld`, `ControlLost`.
    """
    probe_key = PrivateKey.generate() if service.clients else None
    defences = [PROOF_OF_WORK] if service.proof_of_work else []
    defences += [STREAM_LIMIT] if service.max_streams else []
    off: list[str] = []
    while True:
        try:
            control.ask(_command(service, [defence for defence in defences if defence not in off], probe_key))
            break
        except ControlRefused as error:
            left = [defence for defence in defences if defence not in off]
            if error.code == _COLLISION:
                raise PublishError(
                    "Another program already publishes this onion address at the same tor: stop the other portal."
                ) from error
            if error.code not in _NOT_UNDERSTOOD or not left:
                raise _refused(service, error) from error
            off.append(left[0])
    if probe_key:
        # Without a key of our own we could not find the service either, and the probe would always fail.
        secret = base64.b64encode(bytes(probe_key)).decode("ascii")
        control.ask(f"ONION_CLIENT_AUTH_ADD {service.key.address.removesuffix(SUFFIX)} x25519:{secret}")
    return Publication(service.key.address, tuple(off))


def withdraw(control: Control, service: Service, timeout_s: float) -> None:
    """Takes the service out, if it is there. Connections that visitors have go on. Raises `ControlLost`."""
    label = service.key.address.removesuffix(SUFFIX)
    with contextlib.suppress(ControlRefused):
        control.ask(f"DEL_ONION {label}", timeout_s)
    if service.clients:
        with contextlib.suppress(ControlRefused):
            control.ask(f"ONION_CLIENT_AUTH_REMOVE {label}", timeout_s)


def _command(service: Service, defences: list[str], probe_key: PrivateKey | None) -> str:
    flags = ["DiscardPK"]
    words = []
    if PROOF_OF_WORK in defences:
        words.append("PoWDefensesEnabled=1")
    if STREAM_LIMIT in defences:
        flags.append("MaxStreamsCloseCircuit")
        words.append(f"MaxStreams={service.max_streams}")
    words.append(f"Port={PORT},unix:{service.target}")
    if probe_key:
        flags.append("V3Auth")
        own = base64.b32encode(bytes(probe_key.public_key)).decode("ascii").rstrip("=")
        words += [f"ClientAuthV3={client}" for client in (*service.clients, own)]
    return " ".join([f"ADD_ONION {KEY_TYPE}:{service.key.base64}", f"Flags={','.join(flags)}", *words])


def _refused(service: Service, error: ControlRefused) -> ControlError | PublishError:
    if service.clients and ("ClientAuthV3" in error.reason or "V3Auth" in error.reason):
        return TorTooOld(
            "This tor knows no client authorisation, and without it all could find the service: bring tor up to date."
        )
    return PublishError(f"tor does not take the onion service ({error.code} {error.reason}): look at tor's own log.")
