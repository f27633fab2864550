"""Every error that this package raises on purpose, in one tree.

    TorError
    ├── AddressError            an onion address is not well formed
    ├── KeyFileError            the onion key file cannot be used
    │   └── KeyFileUnsafe       others could read or replace it
    ├── SettingError            a torrc line, a path or an endpoint is not acceptable
    ├── StartError              tor did not start
    │   ├── TorMissing          there is no such program
    │   ├── AddressInUse        a port or socket that it was to listen on is taken
    │   └── DataDirectoryInUse  another tor runs in the same data directory
    ├── ControlError            tor cannot be controlled
    │   ├── ControlMissing      nothing listens on the control socket or port
    │   ├── ControlDenied       the socket or its cookie may not be used by us
    │   ├── ControlLost         the connection ended, or tor hangs
    │   ├── ControlRefused      tor refused a command
    │   └── TorTooOld           this version lacks what an onion service needs
    ├── BootstrapStuck          tor makes no headway into the network
    ├── ClockError              this machine's clock is wrong
    ├── PublishError            tor, or the network's directories, do not take the onion service
    ├── ProbeError              our own address could not be probed
    │   ├── PortalDown          nothing listens on the portal's own socket
    │   └── Unreachable         it was probed through tor, and did not answer
    │       └── NotFound        the network no longer knows a way to it
    └── NetworkError            the private network did not come up

A message is one clear sentence: what happened, and what to do next. It never carries a key, nor anything about a
visitor: this package sees none.
"""


class TorError(Exception):
    """Base of all errors; `str(error)` is a sentence that may be shown to the operator."""


class AddressError(TorError):
    pass


class KeyFileError(TorError):
    pass


class KeyFileUnsafe(KeyFileError):
    pass


class SettingError(TorError):
    pass


class StartError(TorError):
    pass


class TorMissing(StartError):
    pass


class AddressInUse(StartError):
    pass


class DataDirectoryInUse(StartError):
    pass


class ControlError(TorError):
    pass


class ControlMissing(ControlError):
    pass


class ControlDenied(ControlError):
    pass


class ControlLost(ControlError):
    pass


class ControlRefused(ControlError):
    """tor's answer to a command was a refusal.

    `code` is its three digits as a number (control-spec, "Replies"), `reason` its text. The message names the command's
    keyword alone: its arguments may hold a key.
    """

    def __init__(self, code: int, command: str, reason: str) -> None:
        super().__init__(f"tor refuses {command} ({code} {reason}): bring tor up to date, and look at its torrc.")
        self.code = code
        self.reason = reason


class TorTooOld(ControlError):
    pass


class BootstrapStuck(TorError):
    pass


class ClockError(TorError):
    pass


class PublishError(TorError):
    pass


class ProbeError(TorError):
    pass


class PortalDown(ProbeError):
    pass


class Unreachable(ProbeError):
    pass


class NotFound(Unreachable):
    pass


class NetworkError(TorError):
    pass
