"""Every error that Portevoix raises on purpose, in one tree.

    PortevoixError
    ├── AgeError                 an age file cannot be opened or made
    │   ├── HeaderFailure        the header is not well formed
    │   ├── HMACFailure          the header was changed
    │   ├── NoMatch              none of the identities opens the file
    │   ├── PayloadFailure       the payload was changed or cut short
    │   ├── ArmorFailure         the armor is not well formed
    │   └── KeyFailure           a recipient or an identity cannot be used
    ├── FormatError              something of docs/format.md is not as written there
    │   ├── ParcelError          the tar inside a sealed item
    │   ├── ReportError          report.json, report.sig, reply.json
    │   ├── BundleError          a bundle, a pack or their manifest
    │   ├── TransferError        a thread that another desk hands over
    │   └── BackupError          a backup of a desk
    ├── ReceiptError             the eight words cannot be read
    ├── ChannelError             a channel file is wrong
    ├── SettingsError            the configuration, a key file or a folder is wrong
    ├── StoreError               the database failed
    │   ├── StoreUnavailable     it does not answer
    │   ├── StoreFull            there is no room
    │   └── StoreInUse           another portal serves this state folder
    ├── PortalBackupError        a portal's backup cannot be made or restored
    ├── SpoolError               what lay on the disk while it was received was changed there
    ├── UploadError              the files of a form cannot be taken
    │   ├── TooManyFiles         more than one report may have
    │   └── FileTooLarge         one is larger than a file may be
    ├── ListenError              the portal cannot listen at an address
    │   ├── AddressInUse         another program listens there
    │   └── NotLoopback          the preview would be open to the network
    ├── IntakeError              a submission cannot be taken now
    │   ├── Busy                 no permit for key stretching became free in time
    │   │   └── NoMemory         there is no memory for it
    │   ├── KeysTooOld           a desk's key is so far past its date that no files are sealed to it
    │   ├── TicketExpired        the form's ticket cannot be used any more
    │   └── CapsuleExpired       the mailbox' capsule cannot be used any more
    └── DeskError                the desk cannot do what was asked
        ├── WrongPassphrase      the keyring does not open
        ├── NoSuchCase           there is no case of this name
        ├── CasebookDamaged      the casebook does not open with this key
        ├── Refused              a bundle, pack or key is not acceptable
        ├── PaperError           what was typed from a paper copy cannot be read
        ├── RulesError           triage.toml is wrong
        ├── NetworkRefused       something in the desk's process tried to go online
        └── CustodyError         the log, or what it speaks of, is not as it was

A message is one clear sentence: what happened, and what to do next. It never carries a secret, nor a
word that a reporter wrote.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class PortevoixError(Exception):
    """Base of all errors; `str(error)` is a sentence that may be shown to the operator."""


class AgeError(PortevoixError):
    """Base of the errors of `portal.age`; `category` is the word that the command line prints."""

    category = "failure"


class HeaderFailure(AgeError):
    category = "header failure"


class HMACFailure(AgeError):
    category = "HMAC failure"


class NoMatch(AgeError):
    category = "no match"


class PayloadFailure(AgeError):
    category = "payload failure"


class ArmorFailure(AgeError):
    category = "armor failure"


class KeyFailure(AgeError, ValueError):
    """A recipient, an identity or a combination of them is wrong; the message never holds the key."""

    category = "key failure"


class FormatError(PortevoixError):
    """Bytes that came from outside are not as docs/format.md says."""


@contextmanager
def told_as(kind: type[FormatError]) -> Iterator[None]:
    """What is not as docs/format.md says within the block is an error of this kind, with the same message."""
    try:
        yield
    except FormatError as error:
        raise error if isinstance(error, kind) else kind(str(error)) from None


class ParcelError(FormatError):
    pass


class ReportError(FormatError):
    pass


class BundleError(FormatError):
    pass


class TransferError(FormatError):
    pass


class BackupError(FormatError):
    pass


class ReceiptError(PortevoixError):
    """The words that were typed are not a receipt; `portal.receipt` defines the cases."""


class ChannelError(PortevoixError):
    pass


class SettingsError(PortevoixError):
    pass


class StoreError(PortevoixError):
    pass


class StoreUnavailable(StoreError):
    pass


class StoreFull(StoreError):
    pass


class WentBack(StoreError):
    """The database is older than what a desk has seen of it."""


class StoreInUse(StoreError):
    pass


class PortalBackupError(PortevoixError):
    pass


class SpoolError(PortevoixError):
    pass


class UploadError(PortevoixError):
    """`limit` is what was exceeded: a count, or bytes."""

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(message)
        self.limit = limit


class TooManyFiles(UploadError):
    pass


class FileTooLarge(UploadError):
    pass


class ListenError(PortevoixError):
    pass


class AddressInUse(ListenError):
    pass


class NotLoopback(ListenError):
    pass


class IntakeError(PortevoixError):
    pass


class Busy(IntakeError):
    pass


class NoMemory(Busy):
    pass


class KeysTooOld(IntakeError):
    pass


class TicketExpired(IntakeError):
    pass


class CapsuleExpired(IntakeError):
    pass


class DeskError(PortevoixError):
    pass


class WrongPassphrase(DeskError):
    pass


class NoSuchCase(DeskError):
    pass


class CasebookDamaged(DeskError):
    pass


class Refused(DeskError):
    pass


class PaperError(DeskError):
    pass


class RulesError(DeskError):
    pass


class NetworkRefused(DeskError):
    pass


class CustodyError(DeskError):
    pass
