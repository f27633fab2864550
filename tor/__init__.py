"""An onion service for a server on a unix socket, published through tor and kept published.

This package knows nothing of the portal behind the socket, and sees nothing of its visitors: it never reads, keeps or
reports anything about a request. All it needs from outside are a key file, a socket's path and a tor:

    key = OnionKey.load_or_create(state / "onion.key")
    keeper = OnionKeeper(
        key=key,
        target=state / "portal.sock",
        tor=ManagedTor(state / "tor", extra_lines=["UseBridges 1", "Bridge …"]),   # or SystemTor("/run/tor/control")
        report=print,
    )
    keeper.start()                  # returns at once; the key's address is known without tor
    ...
    keeper.withdraw()               # no new visitors; those who are connected are served to the end
    keeper.stop()                   # tor ends

`start` never fails for want of tor, of a network, or of rights: the server goes on without an onion address, the state
(`keeper.state`, and each change to `report`) carries a typed problem with a sentence of what to do, and the keeper
tries again until it is stopped. Only arguments that can never work raise `SettingError`, and a bad key file
`KeyFileError`, before anything starts.

    address   the address of a version 3 onion service ⇄ its public key; pure
    key       the secret key and its file
    process   a tor process of our own
    control   a control connection, its questions, answers and events
    instance  the tor that publishes: managed or the system's
    onion     add a service, take it out
    socks     a minimal SOCKS5 client
    checkup   what a tor says of itself, and one visit, for a look from time to time
    probe     does our own address answer?
    session   one connection's life: bootstrap, publish, watch
    watch     the keeper: again and again, until it is stopped
    state     what is known of the service
    private   a whole Tor network on the loopback, without internet
    limits    every limit, with its unit
    errors    every error, in one tree

Only `control` and `process` know stem.
"""

from .errors import (
    AddressError,
    AddressInUse,
    BootstrapStuck,
    ClockError,
    ControlDenied,
    ControlError,
    ControlLost,
    ControlMissing,
    ControlRefused,
    DataDirectoryInUse,
    KeyFileError,
    KeyFileUnsafe,
    NetworkError,
    NotFound,
    PortalDown,
    ProbeError,
    PublishError,
    SettingError,
    StartError,
    TorError,
    TorMissing,
    TorTooOld,
    Unreachable,
)
from .instance import ManagedTor, SystemTor
from .key import OnionKey
from .limits import Limits
from .private import PrivateNetwork
from .state import OnionState, Step
from .watch import OnionKeeper

__all__ = [
    "AddressError",
    "AddressInUse",
    "BootstrapStuck",
    "ClockError",
    "ControlDenied",
    "ControlError",
    "ControlLost",
    "ControlMissing",
    "ControlRefused",
    "DataDirectoryInUse",
    "KeyFileError",
    "KeyFileUnsafe",
    "Limits",
    "ManagedTor",
    "NetworkError",
    "NotFound",
    "OnionKeeper",
    "OnionKey",
    "OnionState",
    "PortalDown",
    "PrivateNetwork",
    "ProbeError",
    "PublishError",
    "SettingError",
    "StartError",
    "Step",
    "SystemTor",
    "TorError",
    "TorMissing",
    "TorTooOld",
    "Unreachable",
]
