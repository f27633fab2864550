"""A key that is new here is pasted, and compared by the first words of its fingerprint with who it belongs to."""

import minisign

from portal.desk import portals
from portal.errors import DeskError, Refused

WORDS = 3
"""So many words are compared: 33 bits, while somebody on the telephone waits."""


def pasted(text: str) -> minisign.PublicKey:
    """The key in the last line of what was pasted. Raises DeskError if it is none."""
    try:
        return minisign.PublicKey.from_base64(text.strip().splitlines()[-1].strip())
    except (minisign.Error, ValueError, IndexError):
        raise DeskError("This is not a public key: paste the last line of the file whose name ends in .pub.") from None


def check_words(key: minisign.PublicKey, typed: str, whose: str) -> None:
    """Raise Refused unless what was typed begins the fingerprint of a key, with no fewer than three words."""
    words = typed.lower().split()
    if len(words) < WORDS or words != portals.words(key).split()[: len(words)]:
        raise Refused(
            f"These are not the words of this key, and nothing was stored: let {whose} read out the first three words "
            "of its fingerprint."
        )
