"""A portal has a new key: trust it in place of the old one, once a person has compared it.

Rules kept here:
- All words of the fingerprint are compared. The first three that a first import asks for could be hit by a thief who
  makes keys until they fit, and a key that changes is what a thief would announce.
- Old and new key go into the log, in the transaction that replaces one by the other: what the old key signed can be
  checked ever after. Bundles that it signed are refused from now on; what was in them comes again.
- The bundles of the new key are counted from the beginning, since nobody can bring an old one under it. Our packs count
  on, and what the portal confirmed before stays known: if it has lost some of it, `portal.desk.resending` sees that.

A portal that was installed anew without its old state has other mailboxes: that is another portal, under another name.
"""

from dataclasses import dataclass

import minisign

from portal import bundle
from portal.desk import portals
from portal.desk.session import Desk
from portal.errors import DeskError, Refused


@dataclass(frozen=True)
class Trusted:
    """The portal `name`, and the key that it had until now."""

    name: str
    old: minisign.PublicKey


def check_words(key: minisign.PublicKey, words: str) -> None:
    """Raise Refused unless these are all the words of the key's fingerprint, in any case."""
    if words.lower().split() != bundle.fingerprint(key):
        raise Refused(
            f"These are not the {bundle.FINGERPRINT_WORDS} words of this key, and nothing was changed: the key is not "
            "that portal's, or a word was misheard. Let the portal's operator read them out once more."
        )


def trust(desk: Desk, name: str | None, key: minisign.PublicKey, words: str) -> Trusted:
    """Replace the key of the portal called `name`, or of the only one. Raises DeskError or Refused.

    `words` are those of the new key's fingerprint, as its operator read them out.
    """
    with desk.casebook.transaction():
        portal = portals.find(desk.casebook, name)
        for known in portals.pinned(desk.casebook):
            if known.key == key:
                raise DeskError(f"This is the key that the portal {known.name} has here already: nothing was changed.")
        check_words(key, words)
        desk.casebook.run(
            "UPDATE portals SET key = ?, bundle = 0, seen = 0 WHERE id = ?", key.to_base64().decode(), portal.id
        )
        desk.record(
            "portal-trusted",
            name=portal.name,
            old=portal.key.to_base64().decode(),
            new=key.to_base64().decode(),
        )
    return Trusted(portal.name, portal.key)
