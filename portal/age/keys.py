"""Files of recipients and of identities: one a line; empty lines and lines that begin with # are skipped."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from portal.age.header import Identity, Recipient
from portal.age.hybrid import HybridIdentity, HybridRecipient
from portal.age.x25519 import X25519Identity, X25519Recipient
from portal.errors import KeyFailure

_Key = TypeVar("_Key")

_RECIPIENTS: Mapping[str, Callable[[str], Recipient]] = {
    "age1pq": HybridRecipient.parse,
    "age": X25519Recipient.parse,
}
_IDENTITIES: Mapping[str, Callable[[str], HybridIdentity | X25519Identity]] = {
    "AGE-SECRET-KEY-PQ-": HybridIdentity.parse,
    "AGE-SECRET-KEY-": X25519Identity.parse,
}


def parse_recipient(text: str) -> Recipient:
    """The recipient `age1pq1…` or `age1…`. Raises KeyFailure."""
    parse = _RECIPIENTS.get(_prefix(text))
    if parse is None and _prefix(text) in _IDENTITIES:
        raise KeyFailure("This is an identity, which is secret: give its recipient (age1…) instead.")
    if parse is None:
        raise KeyFailure("This is not a recipient of a kind that is known here (age1pq1… or age1…).")
    return parse(text)


def parse_identity(text: str) -> HybridIdentity | X25519Identity:
    """The identity `AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`. Raises KeyFailure."""
    parse = _IDENTITIES.get(_prefix(text))
    if parse is None:
        raise KeyFailure("This is not an identity of a kind that is known here (AGE-SECRET-KEY-…).")
    return parse(text)


def parse_recipients(text: str) -> list[Recipient]:
    """The recipients of a file. Raises KeyFailure with the number of the line, or if there is none."""
    recipients = list(_each_line(text, parse_recipient))
    if not recipients:
        raise KeyFailure("There is no recipient in it; a line with age1pq1… is needed.")
    return recipients


def parse_identities(text: str) -> list[Identity]:
    """The identities of a file. Raises KeyFailure with the number of the line, or if there is none."""
    identities: list[Identity] = list(_each_line(text, parse_identity))
    if not identities:
        raise KeyFailure("There is no identity in it; a line with AGE-SECRET-KEY-PQ-1… is needed.")
    return identities


def _each_line(text: str, parse: Callable[[str], _Key]) -> Iterator[_Key]:
    for number, line in enumerate(text.split("\n"), start=1):
        key = line.strip()
        if key and not key.startswith("#"):
            try:
                yield parse(key)
            except KeyFailure as error:
                raise KeyFailure(f"Line {number}: {error}") from None


def _prefix(text: str) -> str:
    """What stands before the last 1, which separates the parts of Bech32."""
    return text.rpartition("1")[0]
