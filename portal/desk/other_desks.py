"""What must be known of another desk: the recipients to seal to, and the key that signs what it sends.

The recipients that a case was sealed to are kept in the settings, so that they are given once for each desk.
"""

from collections.abc import Sequence
from pathlib import Path

import minisign

from portal.age import HybridRecipient, parse_recipients
from portal.desk import portals, preferences
from portal.desk.casebook import Casebook
from portal.desk.session import Desk
from portal.errors import AgeError, DeskError

_KNOWN = "other-desks"


def known(casebook: Casebook, name: str) -> list[HybridRecipient]:
    """The recipients to which a case was last sealed for the desk called `name`. Raises DeskError if none was yet."""
    kept = _kept(casebook)
    if name not in kept:
        raise DeskError(
            f"This desk has sealed nothing to the desk {name} yet: give that desk's file {name}.recipients this once "
            "(desk transfer … --recipients FILE)."
        )
    return recipients("\n".join(kept[name]), "What this desk has kept")


def are_known(casebook: Casebook) -> list[str]:
    """The desks whose recipients are kept, by name."""
    return sorted(_kept(casebook))


def keep(desk: Desk, name: str, given: Sequence[HybridRecipient]) -> None:
    """Keep the recipients of a desk, in place of those that were kept before."""
    kept, written = _kept(desk.casebook), [str(recipient) for recipient in given]
    if kept.get(name) != written:
        preferences.put(desk, _KNOWN, {**kept, name: written})


def _kept(casebook: Casebook) -> dict[str, list[str]]:
    return preferences.get(casebook, _KNOWN, dict[str, list[str]], {})


def read_recipients(path: Path) -> list[HybridRecipient]:
    """The recipients of another desk's file NAME.recipients. Raises DeskError."""
    try:
        return recipients(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise DeskError(
            f"{path} cannot be read ({error.strerror}): give the file NAME.recipients of the other desk."
        ) from None
    except UnicodeDecodeError:
        raise DeskError(f"{path} cannot be used: give the file NAME.recipients of the other desk, unchanged.") from None


def recipients(text: str, what: str) -> list[HybridRecipient]:
    """The recipients in the text of such a file; `what` it is begins the message. Raises DeskError."""
    try:
        found = parse_recipients(text)
    except AgeError:
        raise DeskError(f"{what} cannot be used: give the file NAME.recipients of the other desk, unchanged.") from None
    hybrid = [recipient for recipient in found if isinstance(recipient, HybridRecipient)]
    if len(hybrid) < len(found):
        raise DeskError(f"{what} holds a recipient that is no age1pq1…: give the file that `desk init` wrote there.")
    return hybrid


def read_key(path: Path) -> minisign.PublicKey:
    """The key of another desk's file NAME.pub. Raises DeskError."""
    try:
        return portals.read_key(path)
    except DeskError:
        raise DeskError(f"{path} is not the public key of a desk: give the file NAME.pub of the other desk.") from None
